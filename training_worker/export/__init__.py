"""What a team downloads: a folder that transformers and peft load without any code of ours."""
