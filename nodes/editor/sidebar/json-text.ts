// Writes JSON with line breaks, also JSON that was cut off. It does not parse: long numbers keep their digits. Knows nothing of the page.

/** A string, also one without its end; a bracket, comma or colon; or anything else up to the next of these. */
const token = /"(?:[^"\\]|\\[\s\S]?)*"?|[{}[\],:]|[^"{}[\],:\s]+/g;

/** JSON with two spaces for each level. */
export function indented(json: string): string {
  let depth = 0;
  let text = "";
  let before = "";
  const line = (): string => `\n${"  ".repeat(Math.min(depth, 64))}`;
  for (const [part] of json.matchAll(token)) {
    const opens = before === "{" || before === "[";
    if (part === "}" || part === "]") {
      depth = Math.max(0, depth - 1);
      text += opens ? part : line() + part;
    } else {
      if (opens || before === ",") text += line();
      text += part === ":" ? ": " : part;
      if (part === "{" || part === "[") depth += 1;
    }
    before = part;
  }
  return text;
}
