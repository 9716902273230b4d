// What axe-core does not look for: a list of sentences.
() => {
  const problems = [];
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) problems.push(`id twice: ${id}`);
  if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1");
  if (document.documentElement.scrollWidth > window.innerWidth) problems.push("the page scrolls sideways");
  for (const field of document.querySelectorAll("[aria-describedby]")) {
    for (const id of field.getAttribute("aria-describedby").split(" ")) {
      if (!document.getElementById(id)) problems.push(`described by nothing: ${field.name || field.id} by ${id}`);
    }
  }
  return problems;
}
