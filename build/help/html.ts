// Builds the HTML of help texts: paragraphs, and the lists that Node-RED styles.
import { escapeHtml } from "../html";

/** Converts prose to HTML: `code` between backticks. */
export const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");

/** A paragraph for each text. */
export const paragraphs = (texts: readonly string[]): string => texts.map((text) => `<p>${prose(text)}</p>`).join("\n");

/** An entry of a list of properties. `more` is HTML. */
export interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly optional?: boolean;
  readonly text: string;
  readonly more?: string;
}

/** A list of properties. */
export const list = (entries: readonly Entry[]): string =>
  `<dl class="message-properties">\n${entries
    .map(({ name, type, optional, text, more = "" }) => {
      const kind = type === undefined ? "" : ` <span class="property-type">${escapeHtml(type)}</span>`;
      return `<dt${optional ? ' class="optional"' : ""}>${escapeHtml(name)}${kind}</dt><dd>${prose(text)}${more}</dd>`;
    })
    .join("\n")}\n</dl>`;
