// Decodes bytes by the charset in their Content-Type.

/** Byte order marks, which take precedence over the declared charset. */
const marks = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
] as const;

/** Names that Java and Windows use and TextDecoder does not know. */
const aliases = new Map([
  ["cp936", "gbk"],
  ["ms936", "gbk"],
  ["cp950", "big5"],
  ["ms950", "big5"],
  ["latin-1", "latin1"],
]);

/** The charset in a Content-Type, in lower case; "" if there is none. */
const declaredIn = (contentType: unknown): string =>
  typeof contentType === "string"
    ? (/;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1] ?? "").toLowerCase()
    : "";

/** Decodes bytes by their Content-Type; as UTF-8 if it has no charset or an unknown one. */
export function decodedText(bytes: Buffer, contentType: unknown): string {
  const marked = marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte));
  const charset = marked?.[0] ?? declaredIn(contentType);
  if (charset === "" || charset === "utf-8" || charset === "utf8") return bytes.toString("utf8");
  try {
    return new TextDecoder(aliases.get(charset) ?? charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}
