"""`python -m evaluation.demo`: a whole hackathon on one machine, with a real model, real data and real training."""
