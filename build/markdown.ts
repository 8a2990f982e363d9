// Converts the pages of docs/ to HTML, as far as they use Markdown: headings, paragraphs, lists, tables, code and links.
import { escapeHtml } from "./html";

/** The anchor of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s+/g, "-");

/** Code, emphasis and links of a line. Links to other pages lose their address: only this page is here. */
function inline(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => {
      if (part.startsWith("`") && part.length > 1) return `<code>${escapeHtml(part.slice(1, -1))}</code>`;
      return escapeHtml(part)
        .replace(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '<a href="$2">$1</a>')
        .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
        .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
        .replace(/(?<![\p{L}\p{N}])_([^_]+)_(?![\p{L}\p{N}])/gu, "<em>$1</em>");
    })
    .join("");
}

const cellsOf = (row: string): readonly string[] =>
  row
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

/** A table. A row whose first cell is one code has that code for its anchor. */
function table(rows: readonly string[]): string {
  const [head = "", , ...body] = rows;
  const heads = cellsOf(head).map((cell) => `<th scope="col">${inline(cell)}</th>`);
  const lines = body.map((row) => {
    const [first = "", ...rest] = cellsOf(row);
    const code = /^`([^`]+)`$/.exec(first)?.[1];
    const id = code === undefined ? "" : ` id="${escapeHtml(code)}"`;
    return `<tr${id}>${[first, ...rest].map((cell) => `<td>${inline(cell)}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${heads.join("")}</tr></thead><tbody>\n${lines.join("\n")}\n</tbody></table>`;
}

function block(text: string): string {
  const lines = text.split("\n");
  const [first = ""] = lines;
  const heading = /^(#{1,3}) (.*)$/.exec(first);
  if (heading !== null) {
    const [, marks = "", title = ""] = heading;
    return `<h${marks.length} id="${escapeHtml(anchorOf(title))}">${inline(title)}</h${marks.length}>`;
  }
  if (first.startsWith("|")) return table(lines);
  const marker = /^(?:-|\d+\.) /;
  if (marker.test(first)) {
    const items = text
      .split(/\n(?=(?:-|\d+\.) )/)
      .map((item) => inline(item.replace(marker, "").replace(/\s*\n\s*/g, " ")));
    const tag = first.startsWith("-") ? "ul" : "ol";
    return `<${tag}>${items.map((item) => `<li>${item}</li>`).join("\n")}</${tag}>`;
  }
  return `<p>${inline(lines.join(" "))}</p>`;
}

/** A page as HTML, without comments. */
export const htmlOf = (markdown: string): string =>
  markdown
    .replace(/<!--[\s\S]*?-->/g, "")
    .split(/\n{2,}/)
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(block)
    .join("\n");
