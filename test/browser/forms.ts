// Fills forms in a browser as a user does, by the build's data about a node type, and reads them back.
import type { Page } from "playwright-core";
import type { NodeType, Property } from "../../build/nodes";

/** The value of a property as the form shows it. */
export type Given = string | boolean | readonly (string | object)[];

/** No dialog of ours is wider: core nodes' dialogs are not either. */
export const widest = 540;

/** The screen of a laptop. */
export const laptop = { width: 1366, height: 768 };

const idOf = (node: NodeType, name: string) => `#node-${node.config ? "config-" : ""}input-${name}`;

/** A value for a number's input other than its default. */
function numberFor({ min, max, default: standard }: Extract<Property, { kind: "number" }>): string {
  const value = Math.min(max, Math.max(min, 7));
  return String(value === standard ? value + 1 : value);
}

/** Texts with a required format and without an example. */
const texts: Readonly<Record<string, string>> = { name: "my node", pushUser: "push-user", host: "127.0.0.2" };

const jquery = "globalThis.$";

/** Calls a method of a typed input, as its menu does. */
export const typedInput = (page: Page, selector: string, method: string, value?: string): Promise<string> =>
  page.evaluate(
    `${jquery}(${JSON.stringify(selector)}).typedInput(${JSON.stringify(method)}${
      value === undefined ? "" : `, ${JSON.stringify(value)}`
    })`,
  );

/** Gives a property a value other than its default. Returns undefined if it is left unchanged. */
async function give(page: Page, node: NodeType, property: Property): Promise<Given | undefined> {
  const selector = idOf(node, property.name);
  switch (property.kind) {
    case "text": {
      const value = property.example ?? texts[property.name] ?? "text";
      await page.fill(selector, value);
      return value;
    }
    case "number": {
      const value = numberFor(property);
      await page.fill(selector, value);
      return value;
    }
    case "boolean":
      await page.setChecked(selector, !property.default);
      return !property.default;
    case "choice": {
      const value = property.choices.findLast((choice) => choice !== property.default) ?? property.default;
      await page.selectOption(selector, value);
      return value;
    }
    case "events": {
      const chosen = property.events.slice(0, 2).map(({ event }) => event);
      for (const event of chosen) await page.check(`${selector}-choice input[value="${event}"]`);
      return chosen;
    }
    case "hours": {
      const within = `${selector}-choice`;
      await page.click(`${within} .red-ui-editableList-addButton`);
      await page.fill(`${within} input[type="text"] >> nth=1`, "24:00");
      await page.uncheck(`${within} input[value="5"]`);
      return [{ days: [1, 2, 3, 4], from: "09:00", to: "24:00" }];
    }
    case "secret":
      await page.fill(selector, "a secret of mine");
      return undefined;
    case "node":
    // Not visible.
    case "ports":
      return undefined;
    case "typed": {
      const literal = property.types.find((type) => ["str", "num", "json"].includes(type));
      if (literal === undefined) return undefined;
      await typedInput(page, selector, "type", literal);
      const list = property.field?.rule.kind === "list";
      // Choices have a menu, lists have rows; both write the typed input's value.
      if (property.field?.rule.kind === "choice" || list) await typedInput(page, selector, "value", property.example);
      else await page.fill(`${selector}-visible`, property.example);
      return property.example;
    }
  }
}

async function read(page: Page, node: NodeType, property: Property): Promise<Given | undefined> {
  const selector = idOf(node, property.name);
  switch (property.kind) {
    case "boolean":
      return page.isChecked(selector);
    case "events":
      return page.evaluate(
        `${jquery}(${JSON.stringify(`${selector}-choice input:checked`)}).toArray().map((box) => box.value)`,
      );
    case "typed":
      return typedInput(page, selector, "value");
    default:
      return page.inputValue(selector);
  }
}

/** Opens every collapsed section of the topmost form. */
export const unfold = (page: Page): Promise<void> => page.evaluate(`${jquery}(".sccc-section").attr("open", "")`);

/** Whether the row of an input is visible. A locator that filters the rows would search all of them. */
const rowIsVisible = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate(`${jquery}(${JSON.stringify(selector)}).closest(".form-row.sccc-row").is(":visible")`);

/** Fills a form with values other than the defaults; rows that do not apply are skipped. */
export async function fill(page: Page, node: NodeType): Promise<ReadonlyMap<Property, Given>> {
  await unfold(page);
  const given = new Map<Property, Given>();
  // Properties that others depend on come first, whatever the order of the form.
  const first = node.properties.filter(({ onlyIf }) => onlyIf === undefined);
  for (const property of [...first, ...node.properties.filter((one) => !first.includes(one))]) {
    if (property.kind !== "events" && !(await rowIsVisible(page, idOf(node, property.name)))) continue;
    const value = await give(page, node, property);
    if (value !== undefined) given.set(property, value);
  }
  return given;
}

/** What a form shows for the properties that were filled. */
export async function shown(
  page: Page,
  node: NodeType,
  given: ReadonlyMap<Property, Given>,
): Promise<ReadonlyMap<string, Given | undefined>> {
  const values = new Map<string, Given | undefined>();
  for (const property of given.keys()) values.set(property.name, await read(page, node, property));
  return values;
}

/** The visible texts of the topmost form, line by line. */
export const visibleTexts = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const form = document.querySelector(".red-ui-tray:last-of-type .red-ui-tray-body") ?? document.body;
    return form.innerText.split("\n").filter((line) => line.trim() !== "");
  });

declare const document: {
  readonly body: { readonly innerText: string };
  querySelector(selector: string): { readonly innerText: string } | null;
};
