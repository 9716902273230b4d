// Small things that a page does by itself. Without this file every page still reads and every form still works.

// The viewer's time zone, so that the next page shows times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && /^[\w+\-/]+$/.test(zone)) {
  document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

// Copy buttons: the button names the element whose text it copies. Without a clipboard the button stays hidden.
function offerCopying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  const label = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = label; }, 1500);
});
offerCopying(document);

// Live parts: nothing is asked for while the page is hidden, and what a reader has opened stays open.
let opened = [];
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.hasAttribute("data-live")) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("details[id][open]")].map((details) => details.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  offerCopying(document);
});
function showOffline(isOffline) {
  document.querySelector(".offline").hidden = !isOffline;
}
document.addEventListener("htmx:sendError", () => showOffline(true));
document.addEventListener("htmx:responseError", () => showOffline(true));
document.addEventListener("htmx:afterOnLoad", () => showOffline(false));

// A form that is on its way says so and is not sent twice. It is free again after a while: the answer may be a file.
document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  if (button) button.ariaBusy = "true";
  setTimeout(() => free(form), 5000);
});
function free(form) {
  delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
}
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));
