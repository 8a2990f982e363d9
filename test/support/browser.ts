// A real browser in front of a real Node-RED's editor. The browser comes from npm, so that nothing has to be installed.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { NodeRed } from "./launch";

let browser: Promise<Browser> | undefined;

async function launch(): Promise<Browser> {
  // An ES module; its own arguments are for machines without a graphics card and a sandbox of another kind.
  const { default: packed } = await import("@sparticuz/chromium");
  return chromium.launch({
    executablePath: await packed.executablePath(),
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

/** Ends the browser; the next page starts a new one. */
export async function closeBrowser(): Promise<void> {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
}

/** How a page is looked at. */
export interface Viewing {
  readonly language?: "en-US" | "zh-CN";
  readonly colorScheme?: "light" | "dark";
}

/** A page with what went wrong on it. */
export interface Viewed {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts and of the console. */
  readonly errors: readonly string[];
}

/** Node-RED's editor asks for things that a Node-RED without the internet or without projects does not have. */
const harmless = /favicon|Failed to load resource/;

/** A page in a profile of its own. */
export async function openPage({ language = "en-US", colorScheme = "light" }: Viewing = {}): Promise<Viewed> {
  browser ??= launch();
  const context = await (await browser).newContext({
    locale: language,
    colorScheme,
    viewport: { width: 1440, height: 1000 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !harmless.test(message.text())) errors.push(message.text());
  });
  return { page, context, errors };
}

/** What tests use of the editor's own script. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: { registry: { getNodeTypes(): readonly string[] }; node(id: string): unknown; dirty(): boolean };
    readonly editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
  };
}

declare const window: EditorWindow;

/** A Node-RED's editor in a page, ready to be worked with. */
export class EditorPage {
  private constructor(
    readonly page: Page,
    readonly errors: readonly string[],
    private readonly context: BrowserContext,
  ) {}

  static async open(nodeRed: NodeRed, viewing?: Viewing): Promise<EditorPage> {
    const { page, context, errors } = await openPage(viewing);
    await page.goto(`${nodeRed.url}/`);
    await page.waitForFunction(() => window.RED?.nodes?.registry?.getNodeTypes?.().includes("sccc-notify"));
    await page.waitForSelector("#red-ui-palette-SCCC .red-ui-palette-node");
    await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
    return new EditorPage(page, errors, context);
  }

  /** Opens a node's dialog, as a double click does. */
  async edit(id: string): Promise<void> {
    await this.page.evaluate((node) => window.RED.editor.edit(window.RED.nodes.node(node)), id);
    await this.#drawn();
  }

  /** Opens a configuration node's dialog. */
  async editConfig(type: string, id: string): Promise<void> {
    await this.page.evaluate(([kind, node]) => window.RED.editor.editConfig("", kind ?? "", node ?? ""), [type, id]);
    await this.#drawn();
  }

  /** A dialog slides in; what is pressed before may be lost. */
  async #drawn(): Promise<void> {
    await this.page.waitForFunction(() => {
      const [tray] = [...document.querySelectorAll(".red-ui-tray")].slice(-1);
      return tray !== undefined && getComputedStyle(tray).right === "0px";
    });
  }

  /** The dialog on top. */
  get dialog() {
    return this.page.locator(".red-ui-tray").last();
  }

  /** Presses Done (Update for a configuration node), and waits until the dialog is gone. */
  async done(): Promise<void> {
    const { dialog } = this;
    const count = await this.page.locator(".red-ui-tray").count();
    await dialog.locator("#node-dialog-ok, #node-config-dialog-ok").click();
    await this.page.waitForFunction((n) => document.querySelectorAll(".red-ui-tray").length < n, count);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

declare const document: { querySelectorAll(selector: string): Iterable<object> & { readonly length: number } };
declare const getComputedStyle: (element: object) => { readonly right: string };
