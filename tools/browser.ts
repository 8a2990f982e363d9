// Opens a real Node-RED's editor in a real browser, which comes from npm.
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { NodeRed } from "./launch";

let browser: Promise<Browser> | undefined;

/** The path of the browser. The first call on a machine unpacks it; two processes must not do that at the same time. */
export async function unpackedBrowser(): Promise<string> {
  // An ES module.
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
}

async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: await unpackedBrowser(),
    // The package's own arguments are for machines without a graphics card and with another kind of sandbox.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Closes the browser; the next page starts a new one. */
export async function closeBrowser(): Promise<void> {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
}

/** Options of a page. */
export interface Viewing {
  readonly language?: "en-US" | "zh-CN";
  /** In Node-RED 5's own dark theme. */
  readonly dark?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Called before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** A page with the errors that occurred in it. */
export interface Viewed {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts and of the console. */
  readonly errors: readonly string[];
}

/** Node-RED's editor requests resources that do not exist without internet access or projects. */
const harmless = /favicon|Failed to load resource/;

/** Node-RED's tip of the day appears after a second. On a slow machine the place for it may not be drawn yet. */
const isTip = ({ message, stack = "" }: Error): boolean =>
  message.includes("(reading 'html')") && /\/red\/red\.min\.js/.test(stack);

/** Turns animations off: a browser that draws with the processor spends a sixth of its time on them. */
const still = `
  addEventListener("DOMContentLoaded", () => {
    // Not a style element, which the policy of a page may forbid.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    if (globalThis.jQuery) jQuery.fx.off = true;
  });`;

/** Opens a page in a new profile. */
export async function openPage(viewing: Viewing = {}): Promise<Viewed> {
  const { language = "en-US", dark = false, viewport = { width: 1440, height: 1000 } } = viewing;
  browser ??= launch();
  const context = await (await browser).newContext({
    locale: language,
    colorScheme: dark ? "dark" : "light",
    viewport,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  await page.addInitScript(still);
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => {
    if (!isTip(error)) errors.push(String(error));
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !harmless.test(message.text())) errors.push(message.text());
  });
  return { page, context, errors };
}

/** A node in the editor's data. */
interface EditorNode {
  readonly id: string;
  readonly x?: number;
  readonly y?: number;
  /** Present once it is drawn. */
  readonly w?: number;
  readonly h?: number;
}

/** Position of a node on the canvas. */
export interface Drawn {
  readonly id: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The parts of the editor's script that tests use. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: {
      readonly registry: { getNodeTypes(): readonly string[] };
      node(id: string): { readonly valid?: boolean; readonly validationErrors?: readonly unknown[] };
      filterNodes(by: { readonly type?: string; readonly z?: string }): readonly EditorNode[];
    };
    readonly workspaces: { show(id: string): void };
    readonly editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
  };
}

declare const window: EditorWindow;

/** The editor of a Node-RED in a page, ready for use. */
export class EditorPage {
  private constructor(
    readonly page: Page,
    readonly errors: readonly string[],
    private readonly context: BrowserContext,
    private readonly viewing: Viewing | undefined,
  ) {}

  static async open(nodeRed: Pick<NodeRed, "url">, viewing?: Viewing): Promise<EditorPage> {
    const { page, context, errors } = await openPage(viewing);
    await viewing?.prepare?.(page);
    // Where the editor keeps its settings of this browser.
    if (viewing?.dark) await page.addInitScript('localStorage.setItem("view-dark-theme", "auto")');
    await page.goto(`${nodeRed.url}/`);
    await page.waitForFunction(() => window.RED?.nodes?.registry?.getNodeTypes?.().includes("sccc-notify"));
    await page.waitForSelector("#red-ui-palette-SCCC .red-ui-palette-node");
    await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
    return new EditorPage(page, errors, context, viewing);
  }

  /** Opens a node's dialog, as a double click does. */
  async edit(id: string): Promise<void> {
    await this.page.evaluate((node) => window.RED.editor.edit(window.RED.nodes.node(node)), id);
    await this.dialogReady();
  }

  /** Opens a configuration node's dialog. */
  async editConfig(type: string, id: string): Promise<void> {
    await this.page.evaluate(([kind, node]) => window.RED.editor.editConfig("", kind ?? "", node ?? ""), [type, id]);
    await this.dialogReady();
  }

  /** Waits until the dialog is ready and has the focus; earlier clicks and keys may be lost. */
  async dialogReady(): Promise<void> {
    await this.page.waitForFunction(() => {
      const [tray] = [...document.querySelectorAll(".red-ui-tray")].slice(-1);
      return tray !== undefined && getComputedStyle(tray).right === "0px" && tray.contains(document.activeElement);
    });
  }

  /** The topmost dialog. */
  get dialog() {
    return this.page.locator(".red-ui-tray").last();
  }

  /** Presses Done (Update for a configuration node), and waits until the dialog is closed. */
  async done(): Promise<void> {
    await this.#leave("#node-dialog-ok, #node-config-dialog-ok");
  }

  /** Presses Cancel, and waits until the dialog is closed. */
  async cancel(): Promise<void> {
    await this.#leave("#node-dialog-cancel, #node-config-dialog-cancel");
  }

  async #leave(button: string): Promise<void> {
    const count = await this.page.locator(".red-ui-tray").count();
    await this.dialog.locator(button).click();
    await this.page.waitForFunction((n) => document.querySelectorAll(".red-ui-tray").length < n, count);
  }

  /** Imports one of our examples through the editor's menu. */
  async importExample(name: string): Promise<void> {
    const { page } = this;
    const imported = page.locator(".red-ui-notification", { hasText: "Imported" });
    // The notification of an earlier import stays for some seconds. Node-RED fails if its element is removed, so only
    // its text is.
    await imported.evaluateAll((earlier) => {
      for (const element of earlier) element.textContent = "";
    });
    await page.click("#red-ui-header-button-sidemenu");
    await page.click("#menu-item-import");
    await page.click('a[href="#red-ui-clipboard-dialog-import-tab-examples"]');
    const entry = (label: string) =>
      page.locator("#red-ui-clipboard-dialog-import-tab-examples .red-ui-treeList-label", {
        hasText: new RegExp(`^${label}$`),
      });
    await entry("@sccc/node-red-sccc").click();
    // The list slides open, and a click meanwhile may choose nothing.
    const enabled = page.locator("#red-ui-clipboard-dialog-ok:enabled");
    do await entry(name).click();
    while (
      !(await enabled.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      ))
    );
    await enabled.click();
    await imported.waitFor();
  }

  /** The nodes of a tab as they are drawn. */
  async drawn(tab: string): Promise<readonly Drawn[]> {
    await this.page.evaluate((id) => window.RED.workspaces.show(id), tab);
    await this.page.waitForFunction((z) => window.RED.nodes.filterNodes({ z }).every(({ w = 0 }) => w > 0), tab);
    return this.page.evaluate(
      (z) =>
        window.RED.nodes.filterNodes({ z }).map(({ id, x = 0, y = 0, w = 0, h = 0 }) => ({
          ...{ id, left: x - w / 2, right: x + w / 2 },
          ...{ top: y - h / 2, bottom: y + h / 2 },
        })),
      tab,
    );
  }

  /** Presses Deploy, and waits until it is done. */
  async deploy(): Promise<void> {
    await this.page.click("#red-ui-header-button-deploy");
    await this.page.locator("#red-ui-header-button-deploy.disabled").waitFor();
    await this.page.locator(".red-ui-notification", { hasText: "Successfully deployed" }).waitFor();
  }

  /** Drags a node of a type from the palette onto the canvas; returns its id. */
  async drag(type: string, targetPosition = { x: 300, y: 200 }): Promise<string> {
    const before = await this.#ids(type);
    const item = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await item.scrollIntoViewIfNeeded();
    await item.dragTo(this.page.locator("#red-ui-workspace-chart"), { targetPosition });
    const [id] = (await this.#ids(type)).filter((one) => !before.includes(one));
    if (id === undefined) throw new Error(`${type} was not dropped`);
    return id;
  }

  #ids(type: string): Promise<readonly string[]> {
    return this.page.evaluate(
      (wanted) => window.RED.nodes.filterNodes({ type: wanted ?? "" }).map(({ id }) => id),
      type,
    );
  }

  /** The problems of a node that its triangle on the canvas shows. */
  invalid(id: string): Promise<readonly string[]> {
    return this.page.evaluate((node) => {
      const { valid, validationErrors = [] } = window.RED.nodes.node(node);
      return valid ? [] : validationErrors.map(String);
    }, id);
  }

  /** Pastes a text at the cursor. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((written) => navigator.clipboard.writeText(written), text);
    await this.page.keyboard.press("Control+V");
  }

  /** Waits until an input has a value. */
  async until(input: Locator, value: string): Promise<void> {
    while ((await input.inputValue()) !== value) await this.page.evaluate("new Promise(requestAnimationFrame)");
  }

  /** Reloads the editor, with no dialog open. */
  async again(nodeRed: Pick<NodeRed, "url">): Promise<EditorPage> {
    await this.close();
    return EditorPage.open(nodeRed, this.viewing);
  }

  /** The problems that the topmost form shows below its rows. */
  problems(): Promise<readonly string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".red-ui-tray .sccc-problem")]
        .map((row) => row.textContent)
        .filter((found) => found !== ""),
    );
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

declare const document: {
  readonly activeElement: object | null;
  querySelectorAll(selector: string): Iterable<{
    readonly textContent: string;
    contains(element: object | null): boolean;
  }> & {
    readonly length: number;
  };
};
declare const navigator: { readonly clipboard: { writeText(text: string): Promise<void> } };
declare const getComputedStyle: (element: object) => { readonly right: string };
