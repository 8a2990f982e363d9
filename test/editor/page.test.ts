// dist/sccc.html: what the palette manager and catalogues read as text, and what is registered in the editor.
import assert from "node:assert/strict";
import { flat } from "../../build/locales";
import { nodeTypes } from "../../build/nodes";
import {
  accountSettings,
  commands,
  groups,
  palette,
  pushes,
  receivingSettings,
  simulatorSettings,
} from "../../nodes/catalogue";
import { type Built, built, type Definition } from "./built";

const expected = [
  "sccc-account",
  // The palette may have a position for a node type that does not exist yet.
  ...palette.map(({ type }) => type).filter((type) => nodeTypes.some((node) => node.type === type)),
];

const events = pushes.map(({ event }) => event);

describe("sccc.html", () => {
  let page: Built;
  before(async () => {
    page = await built();
  });

  it("has one literal registration and one template for each type", () => {
    const literal = (pattern: RegExp) => [...page.html.matchAll(pattern)].map(([, type]) => type);
    assert.deepEqual(literal(/RED\.nodes\.registerType\("([^"]+)", \{/g), expected);
    assert.deepEqual(literal(/<script (?:[^>]*)data-template-name="([^"]+)"/g), expected);
    assert.deepEqual([...page.registered.keys()], expected);
  });

  it("registers the nodes in the order of the palette", () => {
    const types = nodeTypes.filter(({ config }) => !config).map(({ type }) => type);
    const wanted = [
      "sccc-notify",
      "sccc-call-number",
      "sccc-agent-login",
      "sccc-call-task-create",
      "sccc-get-cdr-list",
    ];
    const order = [...wanted, "sccc-confirm", "sccc-simulator"];
    assert.deepEqual(
      types.filter((type) => order.includes(type)),
      order,
    );
    assert.equal(types.at(-1), "sccc-simulator");
  });

  it("has literal category, colour, icon, inputs and outputs", () => {
    for (const { type, group } of nodeTypes) {
      const config = type === "sccc-account";
      const [, text = ""] = new RegExp(`registerType\\("${type}", \\{([\\s\\S]*?)\\n\\}\\);`).exec(page.html) ?? [];
      assert.match(text, new RegExp(`category: "${config ? "config" : "SCCC"}"`));
      assert.match(text, new RegExp(`color: "${groups[group].color}"`));
      assert.match(text, new RegExp(`icon: "${groups[group].icon.replace(".", "\\.")}"`));
      const inputs = config || ["sccc-notify", "sccc-calls"].includes(type) ? 0 : 1;
      const outputs = config
        ? 0
        : type === "sccc-campaign"
          ? 3
          : ["sccc-call-tracker", "sccc-feed"].includes(type)
            ? 2
            : 1;
      assert.match(text, new RegExp(`inputs: ${inputs},\\n {2}outputs: ${outputs},`));
    }
  });

  it("gives every command its properties and their defaults", () => {
    const choices: Readonly<Record<string, string>> = { mode: "5", action: "start" };
    for (const { node, fields, settings = [] } of commands) {
      const properties = Object.fromEntries(
        Object.entries(page.registered.get(node)!.defaults).map(([name, { value }]) => [name, value]),
      );
      assert.deepEqual(properties, {
        name: "",
        account: "",
        input: "one",
        ...Object.fromEntries(
          fields.flatMap(({ name, property = name }) => [
            [property, choices[name] ?? `payload.${property}`],
            [`${property}Type`, name in choices ? "str" : "msg"],
          ]),
        ),
        ...Object.fromEntries(settings.map((setting) => [setting.name, "default" in setting ? setting.default : ""])),
        ...Object.fromEntries(
          settings.flatMap((setting) =>
            setting.kind === "typed" ? [[`${setting.name}Type`, setting.defaultType]] : [],
          ),
        ),
        // Node-RED reads the number of outputs here.
        ...(settings.length === 0 ? {} : { outputs: 1 }),
        seq: "",
        seqType: "str",
        extra: "",
        extraType: "json",
      });
      const { account } = page.registered.get(node)!.defaults;
      assert.equal(account!.type, "sccc-account");
      assert.equal(account!.required, true);
    }
  });

  for (const [type, expected] of Object.entries({
    "sccc-command": {
      name: "",
      account: "",
      api: "",
      apiType: "str",
      request: "payload",
      requestType: "msg",
      input: "one",
      seq: "",
      seqType: "str",
      extra: "",
      extraType: "json",
    },
    // The order matters: the editor handles the number of outputs after the events.
    "sccc-notify": { name: "", account: "", events: [], layout: "one", outputs: 1 },
    "sccc-call-tracker": { name: "", account: "", window: 3600, waitForBilling: 60, maxOpen: 100_000 },
    "sccc-confirm": { name: "", outcome: "auto", token: "sccc.token", tokenType: "msg" },
  })) {
    it(`gives ${type} its properties and their defaults`, () => {
      const defaults = Object.entries(page.registered.get(type)!.defaults);
      const values = Object.fromEntries(defaults.map(([name, { value }]) => [name, value]));
      // As JSON, because the values come from the page's own realm.
      assert.equal(JSON.stringify(values), JSON.stringify(expected));
    });
  }

  for (const [type, settings] of Object.entries({
    "sccc-account": [...accountSettings, ...receivingSettings],
    "sccc-simulator": simulatorSettings,
  })) {
    it(`gives ${type} the settings of the catalogue, secrets as credentials`, () => {
      const { defaults, credentials = {} } = page.registered.get(type)!;
      const secrets = settings.filter(({ kind }) => kind === "secret");
      assert.deepEqual(
        Object.keys(credentials),
        secrets.map(({ name }) => name),
      );
      for (const secret of Object.values(credentials)) assert.equal(secret.type, "password");
      assert.deepEqual(
        Object.keys(defaults),
        // The last property has no value. It carries the check of the passwords.
        [...settings.filter((setting) => !secrets.includes(setting)).map(({ name }) => name), "passwords"],
      );
      for (const setting of settings) {
        if ("default" in setting) assert.equal(defaults[setting.name]!.value, setting.default ?? "");
        if (setting.kind === "node") {
          assert.equal(defaults[setting.name]!.type, setting.type);
          assert.equal(defaults[setting.name]!.required, false);
        }
      }
    });
  }

  it("has a labelled input for every property", () => {
    for (const { type, properties, config } of nodeTypes) {
      const [, form = ""] = new RegExp(`data-template-name="${type}">([\\s\\S]*?)</script>`).exec(page.html) ?? [];
      for (const { name, kind } of properties) {
        const id = `node-${config ? "config-" : ""}input-${name}`;
        if (kind === "ports") {
          assert.equal(form.split(`<input type="hidden" id="${id}">`).length, 2, "nobody sees it");
          continue;
        }
        // Node-RED does not save events and hours, because they have no plain input.
        const isOurs = kind === "events" || kind === "hours";
        assert.equal(form.split(`id="${id}"`).length, isOurs ? 1 : 2, `${type}: #${id}`);
        const seen = isOurs ? `${id}-choice` : id;
        assert.equal(form.split(`for="${seen}"`).length, 2, `${type}: one label of #${seen}`);
        assert.equal(form.split(`id="${seen}"`).length, 2, `${type}: one #${seen}`);
        if (kind === "typed") assert.equal(form.split(`id="${id}Type"`).length, 2);
        if (kind === "secret") assert.match(form, new RegExp(`type="password" id="${id}"`));
      }
    }
  });

  it("offers the versions of the vendor's document, and takes any other text", () => {
    const [, options = ""] =
      /<datalist id="node-config-input-apiVersion-known">(.*?)<\/datalist>/.exec(page.html) ?? [];
    assert.deepEqual(
      [...options.matchAll(/value="([^"]+)"/g)].map(([, value]) => value),
      ["2.0.1", "2.0.2", "2.0.3", "2.0.4", "2.0.6"],
    );
  });

  it("puts a button on the simulator only, which works once it is deployed", () => {
    for (const [type, definition] of page.registered) {
      const { button } = definition as { button?: { enabled: (this: object) => boolean; onclick: unknown } };
      assert.equal(button !== undefined, type === "sccc-simulator", type);
      if (button === undefined) continue;
      assert.deepEqual([button.enabled.call({}), button.enabled.call({ changed: true })], [true, false]);
      assert.equal(typeof button.onclick, "function");
    }
  });

  it("uses only existing texts, in every language", () => {
    const used = [...page.html.matchAll(/data-i18n="([^"]+)"/g)].map(([, key]) => key!);
    const labels = [...page.html.matchAll(/SCCC\.text\("([^"]+)"\)/g)].map(([, key]) => key!);
    assert.ok(used.length > 200 && labels.length > 15);
    for (const texts of Object.values(page.texts)) {
      const there = new Map(flat(texts));
      for (const key of [...used, ...labels]) assert.ok(there.get(key), key);
    }
  });

  it("labels nodes by their name, or by their function if they have no name", () => {
    const _def = page.registered.get("sccc-call-number")!;
    const { label, paletteLabel, inputLabels, outputLabels } = _def;
    const type = "sccc-call-number";
    const fixed = { type, agent: "1000", agentType: "str", callee: "payload.callee", calleeType: "msg" };
    assert.equal(
      label.call({ ...fixed, name: "" }),
      '@sccc/node-red-sccc/sccc:command.call-number.does {"callee":"payload.callee","agent":"1000"}',
    );
    assert.equal(label.call({ ...fixed, name: "mine" }), "mine");
    assert.equal(inputLabels!.call({ type }, 0), "@sccc/node-red-sccc/sccc:port.fields");
    assert.equal(label.call({ type, name: "mine" }), "mine");
    assert.equal(label.call({ type, name: "" }), "@sccc/node-red-sccc/sccc:command.call-number.label");
    assert.equal(paletteLabel.call({ type }), "@sccc/node-red-sccc/sccc:command.call-number.label");
    assert.equal(outputLabels.call({ type, _def }, 0), "@sccc/node-red-sccc/sccc:port.answer");
  });

  it("labels the outputs of a node that waits, while it waits", () => {
    const type = "sccc-call-number";
    const _def = page.registered.get(type)!;
    const label = (node: object, index: number) => _def.outputLabels.call({ type, _def, ...node }, index);
    const text = (key: string) => (key === "" ? "" : `@sccc/node-red-sccc/sccc:${key}`);
    for (const [node, first, second] of [
      [{}, "port.answer", ""],
      [{ waitFor: "accepted", input: "one" }, "port.answer", ""],
      [{ waitFor: "answered", input: "one" }, "port.reached", "port.notReached"],
      [{ waitFor: "billed" }, "port.reached", "port.notReached"],
      [{ waitFor: "answered", input: "list" }, "port.answer", ""],
    ] as const) {
      assert.deepEqual([label(node, 0), label(node, 1)], [text(first), text(second)], JSON.stringify(node));
    }
  });

  describe("a node that receives events", () => {
    const type = "sccc-notify";
    const text = (key: string) => `@sccc/node-red-sccc/sccc:${key}`;
    /** A node in Node-RED's editor after the package's script has processed it. */
    const arrived = (node: Readonly<Record<string, unknown>>) => {
      const it = { id: "1", type, name: "", events: [], outputs: 1 as unknown, ...node };
      page.arrive(it);
      return it;
    };

    it("reads its layout from older flows, and has as many ports as outputs", () => {
      const cases: [{ readonly layout?: unknown; readonly outputs: unknown }, number, string][] = [
        [arrived({ outputs: 10, _config: { outputs: '"perType"' } }), 10, "perType"],
        [arrived({ outputs: Number.NaN, _config: { outputs: '"perType"' }, events: ["billing"] }), 2, "perType"],
        [arrived({ outputs: 1, _config: { outputs: '"one"' } }), 1, "one"],
        [arrived({ outputs: 3, _config: { outputs: "3" }, events: ["billing", "callin"] }), 3, "perType"],
        [arrived({}), 1, "one"],
        [arrived({ layout: "perType", outputs: 2, _config: { outputs: "2" }, events: ["billing"] }), 2, "perType"],
        [arrived({ layout: "one", outputs: 1, _config: { outputs: "1" } }), 1, "one"],
        [arrived({ layout: "one", outputs: 4 }), 1, "one"],
      ];
      for (const [node, count, layout] of cases) assert.deepEqual([node.outputs, node.layout], [count, layout]);
    });

    it("has outputs for the events that are chosen now", () => {
      const node = arrived({ layout: "perType" });
      const { outputLabels } = page.registered.get(type)!;
      const labels = () => Array.from({ length: Number(node.outputs) }, (_, index) => outputLabels.call(node, index));
      assert.deepEqual(
        labels(),
        [...events, "other"].map((event) => text(`event.${event}.label`)),
      );
      Object.assign(node, { events: ["billing", "callin"], outputs: 3 });
      assert.deepEqual(labels(), [text("event.callin.label"), text("event.billing.label"), text("event.other.label")]);
      assert.equal(outputLabels.call(arrived({}), 0), text("port.every"));
    });

    it("is labelled by its events, unless it has a name", () => {
      const { label } = page.registered.get(type)!;
      const labelOf = (events: readonly string[], name = "") => label.call({ type, name, events });
      assert.equal(labelOf([]), text("form.events.all"));
      assert.equal(
        labelOf(["callend", "custom"]),
        `${text("event.callend.label")}${text("form.events.separator")}custom`,
      );
      assert.match(labelOf(events), / \+6$/);
      assert.equal(labelOf(events, "mine"), "mine");
    });

    it("leaves nodes of other types alone", () => {
      for (const outputs of [1, undefined]) {
        const node = { type: "sccc-call-number", outputs };
        page.arrive(node);
        assert.equal(node.outputs, outputs);
      }
    });
  });

  it("gives reasons that name the property", () => {
    const _def = page.registered.get("sccc-call-number")!;
    const { validate } = _def.defaults.agent!;
    const node = { id: "1", type: "sccc-call-number", _def, agent: "12345678", agentType: "str" };
    const reason = validate!.call({ ...node, agent: "x" }, "x", {});
    assert.match(
      String(reason),
      /"label":"[^"]*:command\.call-number\.fields\.agent\.label","problem":".*:errors\.rule\.digits /,
    );
    assert.equal(validate!.call(node, node.agent, {}), true);
  });

  it("gives reasons without HTML, even if they quote an imported flow", () => {
    const _def = page.registered.get("sccc-command")!;
    const hostile = "bad expression <img src=x onerror=alert(1)>";
    const node = { id: "1", type: "sccc-command", _def, request: hostile, requestType: "json" };
    const reason = String(_def.defaults.request!.validate!.call(node, hostile, {}));
    assert.match(reason, /‹img src=x/);
    assert.doesNotMatch(reason, /</);
  });

  it("a new node has no problem except settings that only the user knows", () => {
    const missing = new Map([
      ["sccc-account", ["baseUrl", "customer"]],
      ["sccc-command", ["api"]],
      ["sccc-feed", ["feed"]],
      ["sccc-campaign", ["agents"]],
    ]);
    for (const [type, _def] of page.registered) {
      const { defaults } = _def;
      const node = {
        id: "1",
        type,
        _def,
        ...Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value])),
      };
      const wrong = Object.entries(defaults).filter(
        ([, { validate, value }]) => validate !== undefined && validate.call(node, value, {}) !== true,
      );
      assert.deepEqual(
        wrong.map(([name]) => name),
        missing.get(type) ?? [],
      );
      // Node-RED only uses a returned reason if the function has two parameters.
      for (const { validate } of Object.values(defaults)) assert.ok(validate === undefined || validate.length === 2);
    }
  });

  it("uses the default for a property that an older flow does not have", () => {
    const _def = page.registered.get("sccc-account")!;
    const account = { id: "1", type: "sccc-account", _def, baseUrl: "http://127.0.0.1:8088", customer: "C2" };
    for (const [property, { validate }] of Object.entries(_def.defaults)) {
      const value = Object.entries(account).find(([name]) => name === property)?.[1];
      assert.equal(validate?.call(account, value, {}) ?? true, true, property);
    }
    assert.notEqual(_def.defaults.customer!.validate!.call(account, undefined, {}), true, "which is none here");
  });

  it("is the same in each build", async () => {
    assert.equal((await built()).html, page.html);
  });

  it("marks a node whose password is missing until it is typed, and does not mark it again after the deploy", async () => {
    for (const type of ["sccc-account", "sccc-simulator"]) {
      const definition = page.registered.get(type)!;
      const check = (node: object) => definition.defaults.passwords!.validate!.call(node, undefined, {});
      const node: { id: string; type: string; _def: Definition; credentials?: object } = {
        ...{ id: `imported-${type}`, type, _def: definition },
      };
      assert.equal(check(node), true, "nothing is known yet");
      page.arrive(node);
      await new Promise(setImmediate);
      assert.match(String(check(node)), /invalid\.password/);
      node.credentials = { password: "typed", has_password: true };
      assert.equal(check(node), true);
      delete node.credentials;
      assert.equal(check(node), true, "the editor forgets what was typed when it is deployed");

      const stored = { id: `stored-${type}`, type, _def: definition };
      page.credentials.set(stored.id, { has_password: true });
      page.arrive(stored);
      await new Promise(setImmediate);
      assert.equal(check(stored), true);
    }
  });

  it("adds the words of the catalogue to the palette's filter, in every language", () => {
    for (const { type } of nodeTypes.filter(({ config }) => !config)) {
      const { keywords } = palette.find((place) => place.type === type)!;
      const [, text = ""] = new RegExp(`registerType\\("${type}", \\{([\\s\\S]*?)\\n\\}\\);`).exec(page.html) ?? [];
      assert.ok(text.includes(keywords.en) && text.includes(keywords.zh), type);
    }
  });
});
