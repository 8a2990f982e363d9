// The help of sccc-account.
import { errorCodes } from "../../nodes/catalogue";
import { escapeHtml } from "../html";
import { list } from "./html";
import type { NodeHelp } from "./node-help";
import type { HelpPage } from "./page";

/** The value of an error code in the vendor's notation: large ones in hex. */
export const errorValue = (value: number): string =>
  value < 10_000 ? String(value) : `0x${value.toString(16).toUpperCase()}`;

const errorTable = (page: HelpPage): string =>
  list(
    errorCodes.map((code) => ({
      name: code.name,
      type: errorValue(code.value),
      text: code.text[page.language.text],
    })),
  );

export const accountHelp: NodeHelp = (page, { properties }) => [
  page.heading("properties"),
  page.properties(properties.filter(({ section }) => section !== "receiving")),
  page.heading("details"),
  page.details("account.details"),
  `<h3>${escapeHtml(page.text("section.receiving"))}</h3>`,
  page.properties(properties.filter(({ section }) => section === "receiving")),
  page.details("account.receiving"),
  page.heading("codes"),
  errorTable(page),
];
