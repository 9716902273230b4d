// Small things that a page does by itself. Without this file every page still reads and every form still works.

// The viewer's time zone, so that the next page shows times in it; this page is turned to it, unless its zone is fixed.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, zoneSaid = document.getElementById("zone");
if (zone && /^[\w+\-/]+$/.test(zone)) {
  document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (zoneSaid && ![zone, "fixed"].includes(zoneSaid.dataset.zone)) {
    zoneSaid.textContent = zoneSaid.dataset.sentence.replace("*", zone);
    showTimesInZone();
    document.addEventListener("htmx:afterSwap", showTimesInZone);
  }
}
function showTimesInZone() {
  const two = (number) => String(number).padStart(2, "0");
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
    const moment = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${minutes}`;
    if (time.title) time.title = moment;
    else if (/^\d\d:\d\d:\d\d$/.test(time.textContent)) time.textContent = `${minutes}:${two(at.getSeconds())}`;
    else time.textContent = moment;
  }
  for (const name of document.querySelectorAll("[data-zone-name]")) name.textContent = zone;
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

let stateBefore;
// What the last step brought can be put away, and goes by itself once the run that it told of has moved on.
for (const button of document.querySelectorAll("button[data-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.closest(".message").remove();
    document.getElementById("main").focus({ preventScroll: true });
  });
}
document.addEventListener("htmx:beforeSwap", (event) => { stateBefore = event.detail.target.dataset.state; });
document.addEventListener("htmx:afterSwap", () => {
  if (stateBefore === undefined || stateBefore === document.getElementById("live")?.dataset.state) return;
  for (const message of document.querySelectorAll(".message")) message.remove();
});

// Live parts: nothing is asked for while the page is hidden. What a reader has opened stays open, what is scrolled stays
// where it is, the focus stays, and nothing is swapped under a pressed pointer or under text that was just marked.
const READING_MS = 15000;
let kept = { opened: [], scrolled: [], focused: null }, isPressed = false, markedAt = -READING_MS, postponed = null;
document.addEventListener("pointerdown", () => { isPressed = true; });
for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, release);
function release() {
  isPressed = false;
  postponed?.dispatchEvent(new Event("input", { bubbles: true }));
  postponed = null;
}
document.addEventListener("selectionchange", () => { markedAt = performance.now(); });

function isHeld(live) {
  const marked = getSelection();
  const isReading = !marked.isCollapsed && performance.now() - markedAt < READING_MS;
  return isPressed || (isReading && live.contains(marked.anchorNode));
}
// Where an element is: steps down from the nearest one that has an id.
function placeOf(element) {
  const steps = [];
  let at = element;
  for (; !at.id; at = at.parentElement) steps.unshift([...at.parentElement.children].indexOf(at));
  return { id: at.id, steps, tag: element.tagName, href: element.getAttribute("href") };
}
function findAgain({ id, steps, tag, href }) {
  const found = steps.reduce((at, step) => at?.children[step], document.getElementById(id));
  if (found?.tagName === tag && found.getAttribute("href") === href) return found;
  return href && document.querySelector(`[data-live] a[href="${CSS.escape(href)}"]`);
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const live = event.detail.elt;
  if (live.hasAttribute("data-live") && (document.hidden || isHeld(live))) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const live = event.detail.target, focus = document.activeElement;
  if (isHeld(live)) {
    event.detail.shouldSwap = false;
    if (!live.hasAttribute("data-live")) postponed = live; // nothing else asks again
  }
  kept = {
    opened: [...document.querySelectorAll("details[id][open]")].map((details) => details.id),
    scrolled: [...live.querySelectorAll(".scroll, .log, pre")]
      .filter((box) => box.scrollTop || box.scrollLeft)
      .map((box) => [placeOf(box), box.scrollTop, box.scrollLeft]),
    focused: live !== focus && live.contains(focus) ? placeOf(focus) : null,
    onSubmit: focus?.id === "submit-button",
  };
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of kept.opened) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  for (const [place, top, left] of kept.scrolled) findAgain(place)?.scrollTo(left, top);
  if (kept.focused) findAgain(kept.focused)?.focus({ preventScroll: true });
  offerCopying(document);
});
// A field is marked as wrong by what the live check says of it. Where a check takes the focused submit button away, its
// neighbour gets the focus.
document.addEventListener("htmx:afterSettle", () => {
  if (kept.onSubmit && document.activeElement === document.body) {
    (document.getElementById("submit-button") ?? document.querySelector("#submit-action ~ button")).focus();
  }
  for (const said of document.querySelectorAll(".said")) {
    const input = said.parentElement.querySelector("input, select, textarea");
    if (said.querySelector(".problem")) input.ariaInvalid = "true";
    else input.removeAttribute("aria-invalid");
  }
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

// The account's menu closes as menus do.
const menu = document.getElementById("account-menu");
document.addEventListener("click", (event) => { if (menu && !menu.contains(event.target)) menu.open = false; });
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
