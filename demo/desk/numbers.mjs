// Reads the numbers of a campaign from a text or a file: one number per line, or a table (CSV, or cells pasted from a
// spreadsheet).

/** The names of the column with the numbers. */
const numberHeads = /^(phone|number|mobile|tel|telephone|cell|电话|手机|号码|电话号码|手机号|手机号码|联系电话)$/i;

/** The cells of a text's lines; a quoted cell may hold separators and lines. */
function cellsOf(text, separator) {
  const rows = [];
  let row = [];
  let cell = "";
  const endCell = () => {
    row.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.some((one) => one !== "")) rows.push(row);
    row = [];
  };
  // A quoted text with doubled quotes inside, or one character.
  for (const [piece] of text.matchAll(/"(?:[^"]|"")*"|./gs)) {
    if (piece.length > 1) cell += piece.slice(1, -1).replaceAll('""', '"');
    else if (piece === separator) endCell();
    else if (piece === "\n") endRow();
    else cell += piece;
  }
  endRow();
  return rows;
}

const isNumber = (cell = "") => /^[+\d][\d\s().-]{4,}$/.test(cell);

/**
 * The entries of a campaign: texts, or rows with `number`. Every line is an entry, even one without a number, because
 * each gets a result. A first line with column names is not an entry.
 */
export function entriesOf(text) {
  const clean = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const [first = ""] = clean.split("\n", 1);
  const separator = ["\t", ";", ","].find((one) => first.includes(one));
  const rows = cellsOf(clean, separator);
  const [head = []] = rows;
  const named = head.findIndex((cell) => numberHeads.test(cell));
  const hasHead =
    named !== -1 || (head.length > 1 && !head.some(isNumber) && rows.length > 1 && rows[1].some(isNumber));
  const body = hasHead ? rows.slice(1) : rows;
  if (body.every((row) => row.length === 1)) return body.map(([cell]) => cell);
  const column = named !== -1 ? named : Math.max(0, (body[0] ?? []).findIndex(isNumber));
  return body.map((row) => {
    const others = row.flatMap((cell, at) =>
      at === column ? [] : [[(hasHead && head[at]) || `column ${at + 1}`, cell]],
    );
    return { ...Object.fromEntries(others), number: row[column] ?? "" };
  });
}

/** The text of a file. Spreadsheets in China write GBK, others UTF-8. */
export async function textOf(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gbk").decode(bytes);
  }
}

/** A cell of a CSV file. A spreadsheet would calculate a text that begins like a formula, so it is escaped. */
export function csvCell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
