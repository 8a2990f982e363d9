// A whole working day of an agent at the desk, in English and Chinese, on a desktop and on a phone. Node-RED is killed
// during a call and during a campaign: no note, call or result is lost or doubled.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "playwright-core";
import { type Simulator, startSimulator } from "../../simulator";
import { closeBrowser, openPage } from "../../tools/browser";
import { Demo } from "../../tools/demo";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { eventually } from "../receive/flow";
import { stopAtFirstFailure } from "./steps";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The problems that axe finds in a page, and whether it is wider than the screen. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => [
      ...violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)),
      ...(document.documentElement.scrollWidth > innerWidth ? ["wider than the screen"] : []),
    ])`,
  );
}

/** Counts the tones and the notifications. */
const ears = `
  window.tones = 0;
  window.notified = [];
  const createOscillator = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.tones += 1;
    return createOscillator.call(this);
  };
  window.Notification = class {
    static permission = "granted";
    constructor(title) { window.notified.push(title); }
    close() {}
  };`;

interface Variant {
  readonly language: "en-US" | "zh-CN";
  readonly size: { readonly width: number; readonly height: number };
  readonly agent: string;
  readonly texts: { readonly busy: string; readonly stayBusy: string; readonly notANumber: string };
}

const english = { busy: "Busy", stayBusy: "Save and stay busy", notANumber: "can't be called" };
const chinese = { busy: "对方忙", stayBusy: "保存并保持忙碌", notANumber: "无法呼叫" };
const desktop = { width: 1366, height: 768 };
const phone = { width: 390, height: 844 };

const variants: readonly Variant[] = [
  { language: "en-US", size: desktop, agent: "1000", texts: english },
  { language: "zh-CN", size: phone, agent: "1001", texts: chinese },
  { language: "en-US", size: phone, agent: "1002", texts: english },
  { language: "zh-CN", size: desktop, agent: "1003", texts: chinese },
];

for (const [place, { language, size, agent, texts }] of variants.entries()) {
  describe(`a day at the desk: ${language}, ${size.width} × ${size.height}`, function () {
    // Node-RED starts three times; the first start on a machine may have to install Node-RED 5.
    this.timeout(240_000);
    stopAtFirstFailure();

    const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
    /** The call whose note survives everything. */
    const customer = `1380${place}138888`;
    // Numbers that answer, and numbers that are busy.
    const numbers = Array.from({ length: 6 }, (_, at) => `13700${place}${at}${at % 2 === 0 ? "8888" : "0001"}`);
    const helper = "1015";
    let platform: Simulator;
    let demo: Demo;
    let page: Page;
    let context: BrowserContext;
    const errors: (readonly string[])[] = [];

    const open = async (path: string) => {
      const viewed = await openPage({ language });
      errors.push(viewed.errors);
      await viewed.page.addInitScript(ears);
      await viewed.page.setViewportSize(size);
      await viewed.page.goto(demo.url + path);
      return viewed;
    };
    const workStatus = () => platform.state.agents.find(({ staffNo }) => staffNo === agent)?.workStatus;
    const until = (status: string) =>
      eventually(`the agent is ${status}`, () => (workStatus() === status ? true : undefined));
    const result = (name: string) => page.locator(`#noting input[value=${name}]`);
    const noteIs = (text: string, on = page) =>
      eventually(`the note is “${text}”`, async () =>
        (await on.locator("#note").inputValue()) === text ? true : undefined,
      );
    const asked = <T>(query: string): Promise<readonly T[]> =>
      page.evaluate(
        `fetch("desk/data/${query}", { headers: { "x-sccc-desk": document.querySelector("meta[name=sccc-key]").content } }).then((answer) => answer.json())`,
      );
    const isInView = (selector: string) =>
      page.evaluate(`(() => {
        const { top, bottom, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
        return height > 0 && top >= 0 && bottom <= innerHeight;
      })()`);
    /** A customer calls as soon as the agent is free. */
    const rings = async (answered: boolean) => {
      await eventually("the agent is free", () =>
        platform.state.agents.some(({ staffNo, serverStatus }) => staffNo === agent && serverStatus === "IDLE")
          ? true
          : undefined,
      );
      await platform.instruct({ do: "inbound", number: customer, agent, answered, ring: 120, talk: 36_000 });
    };

    /** Kills Node-RED, and starts the demo again. */
    async function crash(): Promise<void> {
      await demo.crash();
      await page.locator("#offline").waitFor({ state: "visible" });
      // Node-RED has a new key then: the page loads itself anew when it hears of it.
      await Promise.all([page.waitForEvent("load", { timeout: 120_000 }), demo.start()]);
      await page.locator("#offline").waitFor({ state: "hidden" });
    }

    before(async () => {
      const pushPort = await freePort();
      platform = await startSimulator({
        customer: "shop",
        password,
        pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify`,
        agents: "1000-1019",
        speed: 20,
        // The platform keeps trying while Node-RED is down.
        pushPatience: 600,
      });
      const env = {
        SCCC_URL: platform.url,
        SCCC_CUSTOMER: "shop",
        SCCC_PASSWORD: password,
        SCCC_PUSH_PORT: String(pushPort),
      };
      demo = await Demo.start({ userDir: temporaryFolder(), env });
      ({ page, context } = await open("/desk"));
    });
    after(async () => {
      await closeBrowser();
      await demo?.stop();
      await platform?.close();
    });
    afterEach(() => {
      // While the demo is down, pages cannot reach it.
      const unexpected = errors.flat().filter((text) => !/ERR_CONNECTION|WebSocket/.test(text));
      assert.deepEqual(unexpected, []);
    });

    it("begins with the log-in", async () => {
      await page.locator("select#agent").selectOption(agent);
      await page.locator("#signin button").focus();
      await page.keyboard.press("Enter");
      await page.locator("#state.ready").waitFor();
      assert.deepEqual(await violations(page), []);
    });

    it("rings with a sound and a desktop notification; a missed call needs no note", async () => {
      await page.locator("#sound-switch").click();
      await page.locator("#notify-switch").click();
      await rings(false);
      await page.locator("#call.ringing").waitFor();
      await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
      assert.ok(await isInView(size === phone ? "#callbar" : "#call"), "what rings is in view");
      await page.locator("#today .row", { has: page.locator(".lost") }).waitFor();
      assert.deepEqual(await page.evaluate("[window.tones, window.notified.length]"), [0, 0], "both are switched off");
      await page.locator("#sound-switch").click();
      await page.locator("#notify-switch").click();
      await rings(true);
      await page.locator("#call.answered").waitFor();
      assert.ok(Number(await page.evaluate("window.tones")) > 0);
      assert.equal(await page.evaluate("window.notified.length"), 1);
    });

    it("keeps the note after a reload, in another window, and after a kill", async () => {
      await page.locator("#note").fill("Wants tea.");
      await page.reload();
      await page.locator("#call.answered").waitFor();
      await noteIs("Wants tea.");
      const other = await context.newPage();
      await other.setViewportSize(size);
      await other.addInitScript(`sessionStorage.setItem("agent", "${agent}")`);
      await other.goto(`${demo.url}/desk`);
      await noteIs("Wants tea.", other);
      await other.locator("#note").fill("Wants green tea.");
      await noteIs("Wants green tea.");
      await other.close();
      // Typed a moment before the crash, and not sent yet.
      await page.locator("#note").fill("Wants green tea, two boxes.");
      await crash();
      await page.locator("#call.answered").waitFor();
      await noteIs("Wants green tea, two boxes.");
      assert.deepEqual(await violations(page), []);
    });

    it("asks before it logs out during a call", async () => {
      await page.locator("#logout").click();
      await page.locator("#leaving").waitFor();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press("Escape");
      await page.locator("#leaving").waitFor({ state: "hidden" });
      await page.locator("#logout").click();
      await page.locator("#stay").click();
      assert.equal(workStatus(), "ONLINE");
    });

    it("shows after-call work in one way, and is busy after this call if the agent chooses it", async () => {
      await page.locator("#choose-state button").nth(1).click();
      await page.locator("#choose-state button[aria-pressed=true]").nth(0).waitFor();
      await page.locator("#hangup").click();
      await page.locator("#state.wrapUp").waitFor();
      await until("BUSY");
      assert.equal(await page.locator("#save").innerText(), texts.stayBusy);
      assert.equal(await page.locator("#noting input:checked").count(), 0, "no result is chosen beforehand");
      await page.locator("#save").click();
      await page.locator("#result-hint").waitFor();
      await result("callback").check();
      await page.locator("#due-row button").first().click();
      await page.locator("#save").click();
      await page.locator("#state.busy").waitFor();
      assert.equal(workStatus(), "BUSY");
      await page.locator("#choose-state button").nth(0).click();
      await until("ONLINE");
      await page.locator("#state.ready").waitFor();
    });

    it("makes the call-back from its list, which is shorter then", async () => {
      await page.locator("#callbacks .row").waitFor();
      await page.locator("#callbacks .row .round").nth(1).click();
      await page.locator("#state.wrapUp").waitFor();
      await page.locator("#callbacks .row").waitFor({ state: "detached" });
      await page.locator("#note").fill("Sent.");
      await result("resolved").check();
      await page.locator("#note").press("Control+Enter");
      await page.locator("#state.ready").waitFor();
      await until("ONLINE");
    });

    it("calls a number: explains that a word is no number, and shows a busy number", async () => {
      await page.locator("#wanted").fill("tea");
      await page.locator("#wanted").press("Enter");
      await page.locator("#why", { hasText: texts.notANumber }).waitFor();
      await page.locator("#wanted").fill("13900130001");
      await page.locator("#wanted").press("Enter");
      await page.locator("#call-state", { hasText: texts.busy }).waitFor();
      await result("unreached").check();
      await page.locator("#save").click();
      await page.locator("#state.ready").waitFor();
    });

    it("runs a campaign through a kill: one result for every number, each dialled once", async () => {
      await platform.instruct({ do: "agent", agent: helper, workStatus: "ONLINE" });
      const campaign = await open("/campaign");
      const box = campaign.page.locator(`#agents input[value="${helper}"]`);
      await box.check();
      await campaign.page.locator("#file").setInputFiles({
        name: "spring.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(
          `号码,姓名\n${numbers.map((number, at) => `${number},=N${at}`).join("\n")}\nnobody,Nobody\n`,
        ),
      });
      await campaign.page.locator("#begin").click();
      const bar = campaign.page.locator("#bar");
      // The line without a number has its result at once.
      await eventually("some numbers are done", async () =>
        Number(await bar.getAttribute("value")) >= 3 ? true : undefined,
      );
      await crash();
      await campaign.page.locator("#running-state.campaign-finished").waitFor({ timeout: 120_000 });
      assert.equal(await bar.getAttribute("value"), String(numbers.length + 1));
      assert.deepEqual(await violations(campaign.page), []);
      const [{ campaign: id } = { campaign: "" }] = await asked<{ readonly campaign: string }>("campaigns?x=1");
      const results = await asked<{ readonly index: number; readonly outcome: string }>(
        `results?campaign=${encodeURIComponent(id)}&all=true`,
      );
      assert.deepEqual(
        results.map(({ index, outcome }) => `${index} ${outcome}`),
        [
          ...numbers.map((number, at) => `${at} ${number.endsWith("8888") ? "answered" : "unanswered"}`),
          `${numbers.length} illegal`,
        ],
      );
      const { numbers: dialled } = (await platform.instruct({ do: "books", each: true })) as unknown as {
        readonly numbers: Readonly<Record<string, { readonly dialled: number }>>;
      };
      assert.deepEqual(
        numbers.map((number) => dialled[number]?.dialled),
        numbers.map(() => 1),
      );
      const downloading = campaign.page.waitForEvent("download");
      await campaign.page.locator("#export").click();
      const download = await downloading;
      assert.equal(download.suggestedFilename(), "spring.csv");
      const lines = readFileSync(await download.path(), "utf8").split("\r\n");
      assert.equal(lines.length, numbers.length + 2);
      assert.match(lines[1] ?? "", /'=N0/);
      await campaign.context.close();
    });

    it("ends with the log-out; every call and note is there once", async () => {
      const calls = await asked<{
        readonly direction: string;
        readonly outcome: string;
        readonly cause: string | null;
        readonly disposition: string | null;
        readonly note: string;
      }>(`calls?agent=${agent}`);
      // The platform's clock runs faster than ours, so that the order is not that of the day.
      assert.deepEqual(
        calls
          .map(({ direction, outcome, cause, disposition, note }) =>
            [direction, cause ?? outcome, disposition, note].join(" · "),
          )
          .sort(),
        [
          "inbound · answered · callback · Wants green tea, two boxes.",
          "inbound · missed ·  · ",
          "outbound · answered · resolved · Sent.",
          "outbound · busy · unreached · ",
        ],
      );
      assert.deepEqual(await violations(page), []);
      await page.locator("#logout").click();
      await page.locator("select#agent").waitFor();
      await until("OFFLINE");
    });
  });
}
