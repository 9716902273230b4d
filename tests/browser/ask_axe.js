// Asks axe-core: WCAG 2.2 A and AA, and its good practices.
async () => {
  const answer = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
    preload: false, // it would fetch style sheets a second time
  });
  return answer.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 120)} (${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""})`)
  );
}
