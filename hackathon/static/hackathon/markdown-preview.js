// The admin's "Preview" beside a field in Markdown: asks the site to render what is typed.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-preview]");
  if (!button || button.ariaBusy === "true") return;
  const field = button.closest(".markdown-field").querySelector("textarea");
  const shown = document.getElementById(button.getAttribute("aria-controls"));
  const body = new FormData();
  body.set("text", field.value);
  body.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  button.ariaBusy = "true";
  try {
    const answer = await fetch(button.dataset.preview, { method: "POST", body });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    shown.innerHTML = await answer.text();
  } catch {
    shown.innerHTML = '<p class="errornote"></p>';
    shown.firstChild.textContent = button.dataset.failed;
  }
  shown.hidden = false;
  button.ariaExpanded = "true";
  button.ariaBusy = null;
});
