// The editor as users see it: real Chromium with real Node-REDs that have the packed package.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeTypes } from "../../build/nodes";
import { type Simulator, startSimulator } from "../../simulator";
import { closeBrowser, EditorPage } from "../../tools/browser";
import { nodeRedVersions, root } from "../../tools/hosts";
import { type FlowNode, type NodeRed, startNodeRed } from "../../tools/node-red";
import { fill, laptop, shown, typedInput, unfold, visibleTexts, widest } from "./forms";
import { type Impostors, startImpostors } from "./impostors";

const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";

const nodes = nodeTypes.filter(({ config }) => !config);

/** With SHOTS set to a folder, pictures of all dialogs go there. */
const shots = process.env.SHOTS;

const z = "flow";

/** A flow with one node of each type, as dragged from the palette, with an account. */
const flowOf = (platform: string): readonly FlowNode[] => [
  { id: z, type: "tab", label: "Flow" },
  { id: "account", type: "sccc-account", baseUrl: platform, customer: "C2", credentials: { password } },
  ...nodes.map(({ type, outputs }, index) => ({
    id: type,
    type,
    z,
    x: 200 + 260 * (index % 3),
    y: 60 + 60 * Math.floor(index / 3),
    // A simulator that runs next to the tests' own.
    ...(type === "sccc-simulator" ? { port: "0", credentials: { password } } : {}),
    account: "account",
    wires: outputs.map(() => (type === "sccc-notify" ? ["seen"] : [])),
  })),
  {
    id: "seen",
    type: "debug",
    z,
    x: 900,
    y: 500,
    active: true,
    tosidebar: true,
    complete: "payload",
    targetType: "msg",
    wires: [],
  },
];

/** With PICTURES set, the pictures for the READMEs are taken: Node-RED 5, both languages. */
const pictures = process.env.PICTURES !== undefined;

/** Takes the pictures for the READMEs. */
async function takePictures(editor: EditorPage, language: "en" | "zh"): Promise<void> {
  const { page } = editor;
  const shoot = (name: string) => page.screenshot({ path: join(root, `docs/images/${name}-${language}.png`) });
  await page.setViewportSize({ width: 1280, height: 800 });
  await editor.editConfig("sccc-account", "account");
  await page.click("#sccc-connection");
  await page.locator("#sccc-connection-result.sccc-good").waitFor();
  await shoot("account");
  await editor.cancel();
  await editor.edit("sccc-call-number");
  await typedInput(page, "#node-input-agent", "type", "str");
  await page
    .locator(".red-ui-typedInput-container:has(#node-input-agent-visible) .red-ui-typedInput-option-expand")
    .click();
  await page.locator(".red-ui-menu a").getByText("1003").waitFor();
  await shoot("call-number");
  await page.keyboard.press("Escape");
  await editor.cancel();
}

/** An English sentence where Chinese is expected. */
const englishSentence = /[A-Za-z]+(?:[ ,][A-Za-z']+){3,}/;
/** A key of the locales without a translation. */
const rawKey =
  /\b(?:command|setting|form|errors|event|node|port|section|status|connection|address|sample|template)\.[a-z][\w-]*\.\w|\bsccc:/;

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The problems that axe finds in the topmost form, except in parts that Node-RED itself draws. */
async function inaccessible({ page }: EditorPage): Promise<readonly string[]> {
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(axe);
  return page.evaluate(`axe.run(
    { include: [[".red-ui-tray-body .dialog-form"]], exclude: [[".red-ui-typedInput-container button"], [".red-ui-editableList-item-handle"], [".red-ui-editableList-item-remove"]] },
    { runOnly: ["color-contrast", "label", "button-name", "select-name", "link-name", "aria-valid-attr-value", "duplicate-id-aria"] },
  ).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`);
}

for (const version of nodeRedVersions) {
  describe(`the editor of Node-RED ${version}`, function () {
    this.timeout(240_000);

    let platform: Simulator;
    let impostors: Impostors;
    let nodeRed: NodeRed;
    let editor: EditorPage;
    before(async () => {
      platform = await startSimulator({ password, speed: 50, agents: "1000-1004" });
      impostors = await startImpostors(platform.url);
      // Every dialog has an editor for its description, and Ace is made in a fraction of the time that Monaco takes.
      const editorTheme = { tours: false, codeEditor: { lib: "ace" } };
      nodeRed = await startNodeRed({ version, flows: flowOf(platform.url), settings: { editorTheme } });
    });
    after(async () => {
      await closeBrowser();
      await nodeRed?.stop();
      await impostors?.close();
      await platform?.close();
    });

    const open = (type: string) => (type === "sccc-account" ? editor.editConfig(type, "account") : editor.edit(type));
    const at = (selector: string) => editor.page.locator(selector);
    /** Fails if the topmost dialog is wider than those of core nodes. */
    const checkWidth = async (type: string, state: "folded" | "unfolded", language: string): Promise<void> => {
      const { width = 0 } = (await editor.dialog.boundingBox()) ?? {};
      assert.ok(width > 0 && width <= widest, `${state}: ${width}`);
      if (shots === undefined) return;
      mkdirSync(shots, { recursive: true });
      await editor.page.screenshot({ path: join(shots, `${type}-${language}-${version}-${state}.png`) });
    };
    /** The text of a result, once it is shown. */
    const result = async (kind: "connection" | "sample") => {
      const place = at(`#sccc-${kind}-result`);
      await place.and(at(".sccc-good, .sccc-bad")).waitFor();
      return place.innerText();
    };

    describe("in English", () => {
      before(async () => {
        editor = await EditorPage.open(nodeRed, { viewport: laptop });
      });
      afterEach(async function () {
        // Reopens the editor after a failure, so that an open dialog does not make other tests fail.
        if (this.currentTest?.state === "failed") editor = await editor.again(nodeRed);
        else assert.deepEqual(editor.errors, []);
      });
      after(() => editor.close());

      it("has every type in its palette, to be dragged in", async () => {
        for (const { type } of nodes) await editor.drag(type);
      });

      for (const node of nodeTypes) {
        it(`keeps what is filled into ${node.type}, which is narrow enough, and everybody can read and reach it`, async () => {
          await open(node.type);
          await checkWidth(node.type, "folded", "en-US");
          const given = await fill(editor.page, node);
          await checkWidth(node.type, "unfolded", "en-US");
          assert.ok(given.size > 0);
          assert.deepEqual(await editor.problems(), []);
          assert.deepEqual(await inaccessible(editor), []);
          for (const line of await visibleTexts(editor.page)) assert.doesNotMatch(line, rawKey);
          await editor.done();
          await open(node.type);
          await unfold(editor.page);
          const values = await shown(editor.page, node, given);
          for (const [{ name }, value] of given) assert.deepEqual(values.get(name), value, name);
          await editor.cancel();
        });
      }

      it("says below a row and on the canvas what is missing", async () => {
        await open("sccc-call-number");
        await typedInput(editor.page, "#node-input-agent", "type", "str");
        await at("#node-input-agent-visible").fill("");
        const [problem] = await editor.problems();
        assert.match(problem ?? "", /^Agent is missing; give, for example, 1000/);
        await at("#node-input-agent-visible").fill("12a");
        assert.match((await editor.problems())[0] ?? "", /^Agent must be 1 to 8 digits/);
        assert.equal(await at("#node-input-agent-visible").getAttribute("aria-invalid"), "true");
        await editor.done();
        assert.match((await editor.invalid("sccc-call-number")).join(), /Agent must be 1 to 8 digits/);
      });

      it("shows on the canvas what a node will do", async () => {
        await open("sccc-call-number");
        await at("#node-input-name").fill("");
        for (const [property, value] of [
          ["agent", "1000"],
          ["callee", "10086"],
        ] as const) {
          await typedInput(editor.page, `#node-input-${property}`, "type", "str");
          await at(`#node-input-${property}-visible`).fill(value);
        }
        await editor.done();
        await at(".red-ui-flow-node-label-text").getByText("call 10086 as 1000").waitFor();
      });

      it("picks an agent from the platform's own list, with the mouse or while one types", async () => {
        // The earlier tests have filled the account with examples.
        editor = await editor.again(nodeRed);
        await open("sccc-agent-login");
        await typedInput(editor.page, "#node-input-agent", "type", "str");
        await at(
          ".red-ui-typedInput-container:has(#node-input-agent-visible) .red-ui-typedInput-option-expand",
        ).click();
        await at(".red-ui-menu a").getByText("1003").click();
        assert.equal(await at("#node-input-agent-visible").inputValue(), "1003");
        await at("#node-input-agent-visible").fill("");
        await at("#node-input-agent-visible").pressSequentially("1002");
        await at(".red-ui-autoComplete-container a").getByText("1002").click();
        assert.equal(await at("#node-input-agent-visible").inputValue(), "1002");
        await editor.cancel();
      });

      it("suggests the commands seen in the field, and writes their fields into an empty request", async () => {
        await editor.edit(await editor.drag("sccc-command"));
        const request = () => typedInput(editor.page, "#node-input-request", "value");
        const expand = ".red-ui-typedInput-container:has(#node-input-api-visible) .red-ui-typedInput-option-expand";
        assert.equal(await at("#sccc-template").isDisabled(), true);
        await at(expand).click();
        await at(".red-ui-menu a").getByText("VoiceNotifaction").click();
        assert.equal(await at("#node-input-api-visible").inputValue(), "VoiceNotifaction");
        // By default it is the message's payload.
        assert.equal(await request(), "payload");
        await at("#sccc-template").click();
        const notification = '{"voiceFileID":"1","callees":["13800138000","13900139000"],"cyclePlayTimes":1}';
        assert.deepEqual(
          [await typedInput(editor.page, "#node-input-request", "type"), await request()],
          ["json", notification],
        );
        await typedInput(editor.page, "#node-input-request", "value", "{}");
        await at("#node-input-api-visible").fill("");
        await at("#node-input-api-visible").pressSequentially("transfer");
        await at(".red-ui-autoComplete-container a").getByText("callTaskCreateByVoiceTransferAgent").click();
        const { agentGroup, weekday1 } = JSON.parse(await request());
        assert.deepEqual([agentGroup, weekday1], ["group1", ["1", "2", "3", "4", "5"]]);
        // The user's text stays.
        await typedInput(editor.page, "#node-input-request", "value", '{"own":1}');
        await at("#node-input-api-visible").fill("login");
        await at("#node-input-api-visible").press("Tab");
        assert.equal(await request(), '{"own":1}');
        await at("#node-input-api-visible").fill("CallMultiNumbers");
        await at("#node-input-api-visible").press("Tab");
        assert.equal(await at("#sccc-template").isDisabled(), true);
        await editor.cancel();
      });

      it("takes further fields as JSON, and says what is wrong with them", async () => {
        await editor.edit(await editor.drag("sccc-call-number"));
        await unfold(editor.page);
        const extra = at("#node-input-extra-visible");
        const problems = async () =>
          (await editor.problems()).filter((problem) => problem.startsWith("Further fields"));
        assert.deepEqual(await problems(), []);
        assert.equal(await at(".red-ui-typedInput-container.input-error:has(#node-input-extra-visible)").count(), 0);
        for (const [wrong, says] of [
          ["{", /is invalid/],
          ["[1]", /must be a JSON object/],
          ['{"Authentication":{}}', /must not contain Authentication/],
        ] as const) {
          await extra.fill(wrong);
          assert.match((await problems()).join(), says);
        }
        await extra.fill('{"lineMode":"0"}');
        assert.deepEqual(await problems(), []);
        await editor.cancel();
      });

      it("takes a list of numbers row by row, and from the clipboard at once", async () => {
        await open("sccc-call-task-create");
        await typedInput(editor.page, "#node-input-callees", "type", "json");
        const list = at(".sccc-row:has(#node-input-callees)");
        for (const row of await list.locator(".red-ui-editableList-item-remove").all()) await row.click();
        await list.locator(".red-ui-editableList-addButton").click();
        await list.locator("input[type=text]:focus").waitFor();
        await editor.paste("13800138000\n13900139000, 02112345678");
        assert.equal(
          await typedInput(editor.page, "#node-input-callees", "value"),
          '["13800138000","13900139000","02112345678"]',
        );
        await list.locator("input[type=text]").last().fill("no number");
        await list.locator("input[type=text]").last().press("Tab");
        assert.match((await editor.problems()).join(), /Callees entry 3 contains letters/);
        await editor.cancel();
      });

      it("keeps what was typed for each kind of value apart", async () => {
        await editor.edit(await editor.drag("sccc-hangup-call"));
        const visible = at("#node-input-agent-visible");
        assert.equal(await visible.inputValue(), "payload.agent");
        await typedInput(editor.page, "#node-input-agent", "type", "str");
        assert.equal(await visible.inputValue(), "");
        await visible.fill("1004");
        await visible.press("Tab");
        await typedInput(editor.page, "#node-input-agent", "type", "msg");
        assert.equal(await visible.inputValue(), "payload.agent");
        await typedInput(editor.page, "#node-input-agent", "type", "str");
        assert.equal(await visible.inputValue(), "1004");
        await editor.cancel();
      });

      it("hides what does not apply", async () => {
        await open("sccc-account");
        await unfold(editor.page);
        const own = at("#node-config-input-pushHost");
        await at("#node-config-input-pushPort").fill("");
        assert.equal(await own.isVisible(), false);
        await at("#node-config-input-pushPort").fill("8090");
        assert.equal(await own.isVisible(), true);
        await editor.cancel();
        await open("sccc-call-task-create");
        await typedInput(editor.page, "#node-input-mode", "type", "str");
        for (const [mode, applies] of [
          ["5", false],
          ["2", true],
        ] as const) {
          await typedInput(editor.page, "#node-input-mode", "value", mode);
          assert.equal(await at(".sccc-row:has(#node-input-callers)").isVisible(), applies);
        }
        await editor.cancel();
      });

      it("has a second output while a call is waited for", async () => {
        const id = await editor.drag("sccc-call-number");
        const ports = () => editor.page.evaluate(`RED.nodes.node(${JSON.stringify(id)}).outputs`);
        const drawn = () => at(`[id="${id}"] .red-ui-flow-port-output`).count();
        for (const [waitFor, input, outputs] of [
          ["answered", "one", 2],
          ["billed", "one", 2],
          ["accepted", "one", 1],
          ["ended", "one", 2],
          // A list has no single call to wait for.
          [undefined, "list", 1],
          [undefined, "one", 1],
        ] as const) {
          await editor.edit(id);
          await unfold(editor.page);
          if (waitFor !== undefined) await at("#node-input-waitFor").selectOption(waitFor);
          await at("#node-input-input").selectOption(input);
          assert.equal(await at("#node-input-waitFor").isVisible(), input === "one");
          const waits = outputs === 2;
          assert.equal(await at("#node-input-waitTimeout").isVisible(), waits);
          await editor.done();
          assert.deepEqual([await ports(), await drawn()], [outputs, outputs], `${waitFor} ${input}`);
        }
      });

      it("shows the address for the platform's operator as one types, and copies it", async () => {
        await open("sccc-account");
        await unfold(editor.page);
        const address = at("#sccc-address");
        await at("#node-config-input-pushPort").fill("");
        await at("#node-config-input-pushPath").fill("/calls");
        await editor.until(address, `${nodeRed.url}/calls`);
        await at("#node-config-input-pushPort").fill("8090");
        await editor.until(address, "http://127.0.0.1:8090/calls");
        await at("#sccc-address-copy").click();
        assert.equal(await editor.page.evaluate("navigator.clipboard.readText()"), "http://127.0.0.1:8090/calls");
        await editor.cancel();
      });

      it("sends a sample of every event through the real address", async () => {
        const sidebar = await nodeRed.sidebar();
        await open("sccc-notify");
        const event = at("#sccc-sample-event");
        for (const value of await event
          .locator("option")
          .evaluateAll((all) => all.map((one) => one.getAttribute("value")))) {
          await event.selectOption(value ?? "");
          await at("#sccc-sample").click();
          assert.match(await result("sample"), /^✓? ?Sent and taken/);
          const { event: came } = (await sidebar.next("seen")) as { readonly event: string };
          assert.equal(came, value);
        }
        await editor.cancel();
        await sidebar.close();
      });

      it("can be worked with the keyboard alone", async () => {
        await open("sccc-call-number");
        await at("#node-input-name").focus();
        const reached = new Set<string>();
        for (let presses = 0; presses < 40; presses += 1) {
          reached.add(await editor.page.evaluate<string>("document.activeElement.id"));
          await editor.page.keyboard.press("Tab");
        }
        for (const property of ["agent", "callee", "userData"])
          assert.ok(reached.has(`node-input-${property}-visible`), property);
        await editor.cancel();
      });

      describe("Test connection", () => {
        const outcomes: readonly {
          readonly when: string;
          readonly fields: () => Readonly<Record<string, string>>;
          readonly says: RegExp;
          readonly fault?: string;
        }[] = [
          { when: "all is well", fields: () => ({}), says: /Connected: .* 2\.0\.6 .*It has 5 agents\.$/ },
          {
            when: "an older version has no list of agents",
            fields: () => ({ apiVersion: "2.0.2" }),
            says: /Connected: .* 2\.0\.2 .* ms\)\.$/,
          },
          {
            when: "there is no such host",
            fields: () => ({ baseUrl: "http://no-such-host.invalid:8080" }),
            says: /no host called no-such-host\.invalid/,
          },
          {
            when: "nobody listens",
            fields: () => ({ baseUrl: "http://127.0.0.1:1" }),
            says: /No program listens at 127\.0\.0\.1:1:/,
          },
          {
            when: "it is a web server",
            fields: () => ({ baseUrl: impostors.page }),
            says: /is not SCCC's open API \(<html>/,
          },
          {
            when: "it has no such page",
            fields: () => ({ baseUrl: impostors.missing }),
            says: /is not SCCC's open API \(HTTP 404\)/,
          },
          {
            when: "it leads elsewhere",
            fields: () => ({ baseUrl: impostors.redirect }),
            says: /redirects to http:\/\/elsewhere/,
          },
          {
            when: "it is silent",
            fields: () => ({ baseUrl: impostors.silent, timeout: "0.3" }),
            says: /does not answer within 0.3 s/,
          },
          {
            when: "it speaks no TLS",
            fields: () => ({ baseUrl: platform.url.replace("http:", "https:") }),
            says: /secure connection .* fails/,
          },
          {
            when: "the password is wrong",
            fields: () => ({ password: "wrong password" }),
            says: /does not accept this customer with this password/,
          },
          {
            when: "the customer is unknown",
            fields: () => ({ customer: "C3" }),
            says: /does not accept this customer with this password/,
          },
          {
            when: "the version is unknown",
            fields: () => ({ apiVersion: "9.9.9" }),
            says: /does not support API version 9\.9\.9/,
          },
          {
            when: "the clock is off",
            fields: () => ({ baseUrl: impostors.fast }),
            says: /Connected: .* clock .* differ by (59\d|60\d) s/,
          },
          {
            when: "the clock is off and the signature refused",
            fields: () => ({ baseUrl: impostors.fast, password: "wrong password" }),
            says: /the customer or its password is wrong, or the clocks differ.* differ by \d+ s/,
          },
          {
            when: "the access is restricted",
            fields: () => ({}),
            fault: "E_S_ACCESS_FORBIDDEN",
            says: /restricts access/,
          },
          {
            when: "the platform has a trouble of its own",
            fields: () => ({}),
            fault: "E_C_CONFIG_ERROR",
            says: /answers with E_C_CONFIG_ERROR: configuration error/,
          },
          {
            when: "a setting is wrong",
            fields: () => ({ baseUrl: "platform:8080" }),
            says: /Platform must be an address such as/,
          },
        ];
        for (const { when, fields, fault, says } of outcomes) {
          it(`says so when ${when}`, async () => {
            await open("sccc-account");
            await unfold(editor.page);
            const all = {
              baseUrl: platform.url,
              apiVersion: "2.0.6",
              customer: "C2",
              password,
              timeout: "15",
              ...fields(),
            };
            for (const [name, value] of Object.entries(all)) await at(`#node-config-input-${name}`).fill(value);
            if (fault !== undefined)
              await platform.instruct({ do: "fault", kind: "error", error: fault, where: "request", times: 1 });
            await at("#sccc-connection").click();
            assert.match(await result("connection"), says);
            await editor.cancel();
          });
        }

        it("uses the stored password where none was typed, and changes nothing on the platform", async () => {
          editor = await editor.again(nodeRed);
          const asked = platform.requests.length;
          await open("sccc-account");
          await at("#sccc-connection").click();
          assert.match(await result("connection"), /It has 5 agents/);
          const apis = platform.requests.slice(asked).map(({ url }) => url.split("/").at(-1));
          const reads = new Set(["getAgentInfo", "getCdrList", "getRecordsList"]);
          assert.deepEqual(
            apis.filter((api) => api === undefined || !reads.has(api)),
            [],
          );
          assert.ok(!(await editor.page.content()).includes(password));
          await editor.cancel();
        });

        it("reports the download of the newest recording, for each known form of its address", async () => {
          await platform.instruct({ do: "seed", records: 3 });
          await open("sccc-account");
          const known = await editor.page
            .locator("#node-config-input-recordingUrl-known option")
            .evaluateAll((options) => options.map((option) => [option.getAttribute("value"), option.textContent]));
          assert.equal(known.length, 3);
          for (const [value = "", meaning = ""] of known) {
            assert.ok(meaning);
            await at("#node-config-input-recordingUrl").fill(value ?? "");
            await at("#sccc-connection").click();
            const said = editor.page.locator("#sccc-connection-recording");
            await said.filter({ hasText: "/record" }).waitFor();
            const text = (await said.textContent()) ?? "";
            if (value === "{filename}") assert.match(text, /^The newest recording can be fetched: WAV/);
            else assert.match(text, /recordFile\/listen\?(?:file|key)=%2F|^The newest recording can be fetched/);
          }
          await at("#node-config-input-recordingUrl").fill("/no/place");
          const problem = editor.page.locator(".form-row:has(#node-config-input-recordingUrl) .sccc-problem");
          await problem.filter({ hasText: "must be a path or an http(s) address with {filename}" }).waitFor();
          await editor.cancel();
        });
      });
    });

    // Only Node-RED 5 has a dark theme of its own.
    const dark = version === 5;
    describe(dark ? "in Chinese, in the dark" : "in Chinese", () => {
      before(async () => {
        editor = await EditorPage.open(nodeRed, { language: "zh-CN", dark, viewport: laptop });
      });
      after(async () => {
        assert.deepEqual(editor.errors, []);
        await editor.close();
      });

      it("has its category, and a name for every node", async () => {
        assert.equal(await at("#red-ui-palette-header-SCCC").innerText(), "呼叫中心");
        for (const label of await at("#red-ui-palette-SCCC .red-ui-palette-label").allInnerTexts()) {
          assert.match(label, /\p{Script=Han}/u);
        }
      });

      for (const { type } of nodeTypes) {
        it(`has no English sentence and no raw key in ${type}, which is narrow enough${dark ? ", and keeps the contrast" : ""}`, async () => {
          await open(type);
          await checkWidth(type, "folded", "zh-CN");
          await unfold(editor.page);
          await checkWidth(type, "unfolded", "zh-CN");
          for (const line of await visibleTexts(editor.page)) {
            assert.doesNotMatch(line, englishSentence);
            assert.doesNotMatch(line, rawKey);
          }
          if (dark) assert.deepEqual(await inaccessible(editor), []);
          await editor.cancel();
        });
      }

      if (pictures && version === 5) {
        for (const [language, short] of [
          ["zh-CN", "zh"],
          ["en-US", "en"],
        ] as const) {
          it(`has its picture taken: ${short}`, async () => {
            const own = await EditorPage.open(nodeRed, { language });
            await takePictures(own, short);
            await own.close();
          });
        }
      }

      it("finds the words for what the platform and Node-RED say", async () => {
        await open("sccc-account");
        await at("#sccc-connection").click();
        assert.match(await result("connection"), /连接成功.*共有 5 个坐席/);
        await editor.cancel();
        await open("sccc-notify");
        await at("#sccc-sample").click();
        assert.match(await result("sample"), /已发送并被接收/);
        await editor.cancel();
      });
    });
  });
}
