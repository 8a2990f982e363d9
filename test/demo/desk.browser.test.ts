// The agent desk of `npm start` as its users see it: real browsers with the real process, including restarts and strangers.
import { strict as assert } from "node:assert";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { signPush } from "../../simulator/testing";
import { closeBrowser, EditorPage, openPage } from "../../tools/browser";
import { Demo } from "../../tools/demo";
import { nodeAdmitsNodeRed5, nodeRedVersions, root, testHost } from "../../tools/hosts";
import { temporaryFolder } from "../../tools/node-red";
import { eventually } from "../receive/flow";
import { stopAtFirstFailure } from "./steps";

/** The demo runs on the newest Node-RED that its Node supports. */
const all = nodeAdmitsNodeRed5()
  ? [{ version: 5, node: () => process.execPath }]
  : [
      { version: 4, node: () => process.execPath },
      { version: 5, node: () => testHost(5).node },
    ];
const hosts = all.filter(({ version }) => nodeRedVersions.some((wanted) => wanted === version));

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The problems that axe finds in a page. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`,
  );
}

/** A message of the flows to a desk. */
interface DeskMessage {
  readonly kind: string;
  readonly call?: {
    readonly id: string;
    readonly state: string;
    readonly direction: string;
    readonly number: string;
    readonly outcome: string | null;
  };
}

/** A page of the demo, with all messages that it received. */
interface Desk {
  readonly page: Page;
  readonly errors: readonly string[];
  readonly told: readonly DeskMessage[];
}

/** Opens a page of a demo. */
async function open(demo: Demo, path: string, language: "en-US" | "zh-CN" = "en-US"): Promise<Desk> {
  const { page, errors } = await openPage({ language });
  const told: DeskMessage[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => told.push(JSON.parse(String(payload)) as DeskMessage));
  });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(demo.url + path);
  return { page, errors, told };
}

/** Logs an agent in. */
async function logIn({ page }: Desk, agent: string): Promise<void> {
  await page.locator("select#agent").selectOption(agent);
  await page.locator("#signin button").click();
  await page.locator("#state.ready").waitFor();
}

/** A result of the form. */
const result = (page: Page, name: string) => page.locator(`#noting input[value=${name}]`);

/** Saves the note of the call that has ended. */
async function note({ page }: Desk, text: string): Promise<void> {
  await page.locator("#state.wrapUp").waitFor();
  await page.locator("#note").fill(text);
  await result(page, "resolved").check();
  await page.locator("#save:enabled").click();
  await page.locator("#state.ready").waitFor();
}

for (const { version, node } of hosts) {
  describe(`the agent desk on Node-RED ${version}`, function () {
    // The first start on a machine may have to install Node-RED 5.
    this.timeout(180_000);
    // The tests depend on each other: later ones use the results of earlier ones.
    stopAtFirstFailure();

    const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
    let demo: Demo;
    let desk: Desk;
    let other: Desk;
    let board: Desk;

    /** The flows' answer to this page. */
    const asked = (query: string): Promise<readonly Record<string, unknown>[]> =>
      desk.page.evaluate(
        `fetch("desk/data/${query}", { headers: { "x-sccc-desk": document.querySelector("meta[name=sccc-key]").content } }).then((answer) => answer.json())`,
      );

    /** The states of a call that this desk was told, once the call has reached the last one. */
    const statesOf = ({ told }: Desk, id: string | undefined, last: string) =>
      eventually(`the call is ${last}`, () => {
        const states = told.flatMap(({ call }) => (call !== undefined && call.id === id ? [call.state] : []));
        return states.includes(last) ? states : undefined;
      });

    const newest = ({ told }: Desk) => told.findLast(({ call }) => call !== undefined)?.call;

    /** Presses a button of the flow. */
    const press = async (button: string) => {
      const { status } = await fetch(`${demo.url}/inject/${button}`, { method: "POST" });
      assert.equal(status, 200);
    };

    /** Sends a push as the platform would. */
    const push = async (notify: Record<string, unknown>) => {
      const { status } = await fetch(`${demo.url}/sccc/notify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(signPush({ customer: "C2", password, notify: { customer: "C2", ...notify } })),
      });
      assert.equal(status, 200);
    };

    before(async () => {
      const env = { SCCC_SIMULATOR_SPEED: "3", SCCC_DEMO_PASSWORD: password };
      demo = await Demo.start({ userDir: temporaryFolder(), node: node(), env });
      [desk, other, board] = [
        await open(demo, "/desk"),
        await open(demo, "/desk", "zh-CN"),
        await open(demo, "/wallboard"),
      ];
    });
    after(async () => {
      await closeBrowser();
      await demo?.stop();
    });
    afterEach(() => {
      // While the demo restarts, pages cannot reach it.
      const unexpected = [desk, other, board].flatMap(({ errors }) =>
        errors.filter((text) => !/ERR_CONNECTION/.test(text)),
      );
      assert.deepEqual(unexpected, []);
    });

    it("runs, and speaks the browser's language until another is chosen", async () => {
      assert.match(demo.output, new RegExp(`Node-RED ${version}\\.`));
      const title = other.page.locator("h1");
      assert.equal(await title.innerText(), "坐席工作台");
      await other.page.locator("#language").click();
      assert.equal(await title.innerText(), "Agent desk");
      await other.page.locator("#language").click();
      assert.equal(await desk.page.locator("h1").innerText(), "Agent desk");
      for (const { page } of [desk, other]) {
        await page.locator("select#agent").waitFor();
        assert.deepEqual(await violations(page), []);
      }
    });

    it("logs agents in", async () => {
      await logIn(desk, "1000");
      await logIn(other, "1001");
      for (const { page } of [desk, other]) {
        await page.locator("#customers .row").nth(35).waitFor();
        assert.deepEqual(await violations(page), []);
      }
    });

    it("shows the customer who calls, with the earlier calls", async () => {
      await press("demo-inbound-button");
      const name = desk.page.locator("#call #customer-name");
      await name.waitFor();
      assert.equal(await name.innerText(), "Wang Fang");
      assert.ok((await desk.page.locator(".history .past").count()) >= 3);
    });

    it("follows the call, and keeps its agent busy until the note is saved", async () => {
      const { page } = desk;
      await page.locator("#call.answered").waitFor();
      await page.locator("#call-time[data-since]").waitFor();
      await page.locator("#hangup").click();
      await page.locator("#call.ended").waitFor();
      const states = await statesOf(desk, newest(desk)?.id, "over");
      assert.deepEqual([...new Set(states)], ["ringing", "answered", "over"]);
      await page.locator("#state.wrapUp").waitFor();
      assert.equal(await page.locator("#callbar").textContent(), "Wang FangAfter-call work");
      assert.deepEqual(await violations(page), []);
      await note(desk, "Wants two more.");
      await page.locator("#today .row", { hasText: "Wants two more." }).waitFor();
    });

    let dialled: string | undefined;

    it("calls at a click: ringing, answered, ended, noted", async () => {
      const { page } = desk;
      await page.locator("#wanted").fill("138 0013 8888");
      await page.locator("#dial button").click();
      await page.locator("#call.answered").waitFor();
      assert.equal(await page.locator("#customer-name").innerText(), "Li Wei");
      await page.locator("#hangup").click();
      dialled = newest(desk)?.id;
      const states = await statesOf(desk, dialled, "over");
      assert.deepEqual([...new Set(states)], ["dialing", "answered", "over"]);
      await page.locator("#state.wrapUp").waitFor();
      assert.equal(await page.locator("#noting input:checked").count(), 0, "no result is chosen beforehand");
      await page.locator("#note").fill("Calls back on Monday.");
      await page.locator("#save:enabled").click();
      await page.locator("#result-hint", { hasText: "Choose a result" }).waitFor();
      await result(page, "callback").check();
      await page.locator("#due").waitFor();
      await page.locator("#save:enabled").click();
      await page.locator("#state.ready").waitFor();
    });

    const ofDialled = async () => (await asked("calls?number=%2B8613800138888")).filter(({ id }) => id === dialled);

    it("has the call in the CRM, once", async () => {
      const [call, ...more] = await ofDialled();
      assert.deepEqual(more, []);
      const { agent, outcome, disposition, note } = call ?? {};
      assert.deepEqual(
        { agent, outcome, disposition, note },
        { agent: "1000", outcome: "answered", disposition: "callback", note: "Calls back on Monday." },
      );
    });

    it("lists the call-back, opens its call, and ticks the call-back off", async () => {
      const { page } = desk;
      const row = page.locator("#callbacks .row", { hasText: "Li Wei" });
      await row.waitFor();
      await page.locator("#today .open", { hasText: "Calls back on Monday." }).click();
      await page.locator("#call-back:enabled").waitFor();
      assert.equal(await page.locator("#note").inputValue(), "Calls back on Monday.");
      assert.ok(await result(page, "callback").isChecked());
      await page.locator("#back").click();
      await row
        .locator("button", { has: page.locator("svg") })
        .first()
        .click();
      await page.locator("#callbacks .row").waitFor({ state: "detached" });
    });

    it("shows that a number is vacant", async () => {
      const { page } = desk;
      await page.locator("#wanted").fill("139 0013 9999");
      await page.locator("#dial button").click();
      await page.locator("#call-state", { hasText: "Vacant number" }).waitFor();
      await result(page, "unreached").check();
      await page.locator("#save:enabled").click();
      await page.locator("#state.ready").waitFor();
      await page.locator("#today .row", { hasText: "Vacant number" }).waitFor();
    });

    it("plays recordings", async () => {
      await desk.page.locator("#today .play").first().click();
      await desk.page.locator("#today audio").waitFor();
      const seconds = await eventually("the recording can be played", async () => {
        const duration = Number(await desk.page.evaluate('document.querySelector("#today audio").duration'));
        return duration > 0 ? duration : undefined;
      });
      assert.ok(Number.isFinite(seconds));
    });

    it("shows nothing of it at another agent's desk", async () => {
      assert.deepEqual(
        other.told.filter(({ kind }) => kind === "desk"),
        [],
      );
      assert.equal(await other.page.locator("#call").count(), 0);
    });

    it("starts a customer's call with the button of the page", async () => {
      await other.page.locator("#inbound").click();
      await other.page.locator("#call").waitFor();
      assert.equal(newest(other)?.direction, "inbound");
      await other.page.locator("#hangup").click();
      const { id, outcome } = (await eventually("the call is over", () => {
        const call = newest(other);
        return call?.outcome === null ? undefined : call;
      })) as NonNullable<DeskMessage["call"]>;
      await statesOf(other, id, "over");
      if (outcome === "answered") await note(other, "");
      await other.page.locator("#inbound").waitFor();
    });

    it("shows errors in words", async () => {
      const { page } = desk;
      await page.locator("#wanted").fill("123456789012345678901234567890123456");
      await page.locator("#dial button").click();
      await page.locator("#problem", { hasText: "not a number that can be dialled" }).waitFor();
      await page.locator("#problem button").click();
    });

    it("explains why a text that is no number cannot be called", async () => {
      const { page } = desk;
      for (const [typed, text] of [
        ["Wang Fung", "only digits"],
        ["12", "at least three digits"],
      ] as const) {
        await page.locator("#wanted").fill(typed);
        await page.locator("#wanted").press("Enter");
        await page.locator("#why", { hasText: text }).waitFor();
        assert.deepEqual(await violations(page), []);
      }
      await page.locator("#wanted").fill("");
    });

    it("shows texts from outside as text only", async () => {
      const { page } = desk;
      const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
      const [agent, number, seq] = ["1000", "13912345678", "77"];
      const event = { agent, number, call_type: "0", seq, userData: evil };
      await push({ ...event, type: "callin" });
      await page.locator(".said", { hasText: "<img src=x" }).waitFor();
      await page.locator("#new-name").fill(evil.slice(0, 60));
      await page.locator(".naming button").click();
      await page.locator("#customer-name", { hasText: "<img src=x" }).waitFor();
      await push({ ...event, type: "callstart" });
      await push({ ...event, type: "callend" });
      await note(desk, evil);
      await page.locator("#today .said", { hasText: "<script>" }).waitFor();
      await page.locator("#wanted").fill("<img");
      await page.locator("#customers .plain", { hasText: "<img src=x" }).click();
      await page.locator(".history .said", { hasText: "<script>" }).waitFor();
      assert.equal(await page.evaluate("window.hacked"), undefined);
      assert.equal(await page.locator("main img").count(), 0);
      await page.locator("#wanted").fill("");
      await page.locator("#back").click();
    });

    it("has the same figures on the wallboard", async () => {
      const { page } = board;
      await page.locator("#agents .ready", { hasText: "1000" }).waitFor();
      const figure = async (name: string) =>
        Number(await page.locator(`#figures [data-figure=${name}] dd`).first().innerText());
      assert.ok((await figure("inboundToday")) >= 2);
      assert.ok((await figure("outboundToday")) >= 2);
      await page.locator("#zone", { hasText: "Asia/Shanghai" }).waitFor();
      for (const chart of ["#hours", "#share"]) await page.locator(`${chart} svg[role=img]`).waitFor();
      assert.deepEqual(await violations(page), []);
      await page.locator("#language").click();
      await page.locator("h1", { hasText: "监控大屏" }).waitFor();
      assert.deepEqual(await violations(page), []);
      await page.locator("#language").click();
    });

    /** Tries to place a call. */
    const tryToCall = (headers: Record<string, string>) =>
      fetch(`${demo.url}/desk/do/call`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ agent: "1001", number: "13800138888" }),
      });

    it("refuses requests without a key, and requests from another origin", async () => {
      const key = String(await desk.page.locator("meta[name=sccc-key]").getAttribute("content"));
      assert.match(key, /^[0-9a-f]{32}$/);
      for (const headers of [
        {},
        { "x-sccc-desk": "guess" },
        { "x-sccc-desk": key, origin: "http://evil.example" },
        { "x-sccc-desk": key, origin: "null" },
      ]) {
        const answer = await tryToCall(headers as Record<string, string>);
        assert.equal(answer.status, 403, JSON.stringify(headers));
      }
      const questions = await fetch(`${demo.url}/desk/data/customers`);
      assert.equal(questions.status, 403);
    });

    it("does nothing for another site's page, and lets it read nothing", async () => {
      const site = createServer((_, response) => response.end("<h1>A site</h1>")).listen(0, "127.0.0.1");
      await once(site, "listening");
      const { page, context } = await openPage();
      try {
        await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
        const tries = await page.evaluate(`Promise.all([
          fetch("${demo.url}/desk").then(({ ok }) => (ok ? "read" : "refused"), () => "refused"),
          fetch("${demo.url}/desk/do/call", { method: "POST", headers: { "x-sccc-desk": "1", "content-type": "application/json" }, body: "{}" }).then(({ ok }) => (ok ? "read" : "refused"), () => "refused"),
          new Promise((resolve) => {
            const socket = new WebSocket("${demo.url.replace("http", "ws")}/desk/live");
            socket.onopen = () => socket.send('{"key":"guess","agent":"1000"}');
            socket.onmessage = ({ data }) => resolve(JSON.parse(data).kind);
          }),
        ])`);
        assert.deepEqual(tries, ["refused", "refused", "refused"]);
      } finally {
        await context.close();
        site.close();
      }
      assert.equal(await other.page.locator("#call").count(), 0);
    });

    it("lets no other site use the editor's API either", async () => {
      for (const [method, path] of [
        ["GET", "/flows"],
        ["POST", "/inject/demo-status-button"],
      ] as const) {
        const { status } = await fetch(demo.url + path, { method, headers: { origin: "http://evil.example" } });
        assert.equal(status, 403, path);
        const own = await fetch(demo.url + path, { method, headers: { origin: demo.url } });
        assert.equal(own.status, 200, path);
      }
    });

    it("serves its own files only", async () => {
      for (const path of [
        "/desk/samples.jsonl",
        "/desk/..%2Fcrm%2Fcrm.cjs",
        "/desk/..%2Fsettings.cjs",
        "/desk/desk.html",
        "/desk/data/recording?id=x",
      ]) {
        const { status } = await fetch(demo.url + path);
        assert.notEqual(status, 200, path);
      }
    });

    it("has every call once after a restart", async () => {
      await demo.stop();
      for (const { page } of [desk, other, board]) await page.locator("#offline").waitFor({ state: "visible" });
      await demo.start();
      // The pages reconnect by themselves; in the restarted simulator, nobody is logged in.
      for (const { page } of [desk, other, board]) await page.locator("#offline").waitFor({ state: "hidden" });
      await board.page.locator("#agents .loggedOff").first().waitFor();
      await logIn(desk, "1000");
      await desk.page.locator("#today .row", { hasText: "Calls back on Monday." }).waitFor();
      assert.equal((await ofDialled()).length, 1);
    });

    it("has flows in which no node covers another", async () => {
      const { page, context } = await openPage();
      await page.goto(demo.url);
      for (const tab of ["crm", "desk", "campaign", "board", "demo"]) {
        await page.waitForFunction("window.RED?.workspaces?.active?.()");
        await page.evaluate(`RED.workspaces.show("${tab}")`);
        await page.waitForFunction(`RED.nodes.filterNodes({ z: "${tab}" }).every(({ w, dirty }) => w > 0 && !dirty)`);
        const overlaps = await page.evaluate(`RED.nodes.filterNodes({ z: "${tab}" }).flatMap((a, index, all) =>
          all.slice(index + 1)
            .filter((b) => Math.abs(a.x - b.x) < (a.w + b.w) / 2 && Math.abs(a.y - b.y) < (a.h + b.h) / 2)
            .map((b) => a.id + " " + b.id))`);
        assert.deepEqual(overlaps, [], tab);
      }
      await context.close();
    });

    it("simulates calls by itself when the wallboard's button is pressed", async () => {
      await board.page.locator("#lively").click();
      await board.page.locator("#agents .ringing, #agents .talking").first().waitFor();
      await board.page.locator("#lively").click();
      await board.page.locator("#lively[aria-pressed=false]").waitFor();
    });
  });
}

// With PICTURES set, the pictures for the READMEs are taken: Node-RED 5, both languages.
if (process.env.PICTURES !== undefined) {
  describe("the pictures of the agent desk", function () {
    this.timeout(180_000);
    after(closeBrowser);

    for (const [short, language, earlier, now, campaignName] of [
      ["en", "en-US", "Sent the new price list.", "Wants to change the date of the trip to Hangzhou.", "Spring"],
      ["zh", "zh-CN", "已发送新的报价单。", "想更改去杭州的行程日期。", "春季回访"],
    ] as const) {
      it(`are taken: ${short}`, async () => {
        const env = { SCCC_SIMULATOR_SPEED: "5" };
        const demo = await Demo.start({ userDir: temporaryFolder(), node: testHost(5).node, env });
        const picture = ({ page }: Pick<Desk, "page">, name: string) =>
          page.screenshot({ path: join(root, `docs/images/${name}-${short}.png`) });
        const size = { width: 1366, height: 768 };
        try {
          const board = await open(demo, "/wallboard", language);
          const desk = await open(demo, "/desk", language);
          const campaign = await open(demo, "/campaign", language);
          for (const { page } of [board, desk, campaign]) await page.setViewportSize(size);
          const { page } = desk;
          await logIn(desk, "1000");
          const answered = async (number: string) => {
            await page.evaluate(
              `fetch("desk/do/inbound", { method: "POST", headers: { "content-type": "application/json", "x-sccc-desk": document.querySelector("meta[name=sccc-key]").content }, body: '{"agent":"1000","number":"${number}"}' })`,
            );
            await page.locator("#call.answered").waitFor();
          };
          await answered("+8613800138888");
          await page.locator("#hangup").click();
          await note(desk, earlier);
          await board.page.locator("#lively").click();
          await answered("+8613900139000");
          await result(page, "callback").check();
          await page.locator("#note").fill(now);
          await page.locator("#call-time", { hasText: "0:07" }).waitFor();
          await picture(desk, "desk");
          const editor = await EditorPage.open(demo, { language });
          await editor.page.setViewportSize({ width: 1280, height: 760 });
          await editor.page.locator("#sccc-side-tab-traffic").click();
          await editor.page
            .locator(".sccc-side-row")
            .filter({ hasText: /answered|接通/ })
            .first()
            .click();
          await editor.page.locator(".sccc-side-entry pre").first().waitFor();
          await picture(editor, "sidebar");
          await editor.close();
          for (const state of [".ringing", ".talking"]) await board.page.locator(`#agents ${state}`).first().waitFor();
          await picture(board, "wallboard");
          await campaign.page.locator("#helpers").click();
          await campaign.page.locator("#agents input:checked").nth(4).waitFor();
          await campaign.page.locator("#name").fill(campaignName);
          await campaign.page.locator("#numbers").fill(
            Array.from(
              { length: 40 },
              (_, at) => `138001${String(at * 7).padStart(3, "0")}${[88, 88, 0, 1][at % 4] ?? 0}`,
            )
              .map((number) => number.padEnd(11, "8"))
              .join("\n"),
          );
          await campaign.page.locator("#begin").click();
          await campaign.page.locator("#results .result-answered").nth(4).waitFor();
          await picture(campaign, "campaign");
        } finally {
          await demo.stop();
        }
      });
    }
  });
}
