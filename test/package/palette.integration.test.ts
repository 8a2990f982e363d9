// Installs the packed package into real Node-REDs as a user does, by upload in the palette manager, and checks the result.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { commands, groups } from "../../nodes/catalogue";
import { nodeRedVersions } from "../../tools/hosts";
import { type FlowNode, type NodeRed, pack, packageName, startNodeRed } from "../../tools/node-red";

const tools = [
  "sccc-account",
  "sccc-get-recording",
  "sccc-command",
  "sccc-feed",
  "sccc-notify",
  "sccc-confirm",
  "sccc-calls",
  "sccc-call-tracker",
  "sccc-campaign",
  "sccc-simulator",
];
const types = [...commands.map(({ node }) => node), ...tools];

/** A node set in the admin API. */
interface NodeSet {
  readonly module: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly enabled: boolean;
  readonly err?: string;
}

for (const version of nodeRedVersions) {
  describe(`in the palette of Node-RED ${version}`, function () {
    // The first run on a machine installs Node-RED 5; the upload installs dependencies.
    this.timeout(180_000);

    let nodeRed: NodeRed;
    before(async () => {
      nodeRed = await startNodeRed({ version, nodes: "none" });
      const { tarball } = pack();
      const form = new FormData();
      form.set("tarball", new Blob([readFileSync(tarball)]), basename(tarball));
      const answer = await nodeRed.fetch("/nodes", { method: "POST", body: form });
      assert.equal(answer.status, 200, `${await answer.text()}\n${nodeRed.transcript()}`);
    });
    after(() => nodeRed?.stop());

    const text = async (path: string, language: string, accept = "text/html") => {
      const answer = await nodeRed.fetch(path, { headers: { accept, "accept-language": language } });
      assert.equal(answer.status, 200, path);
      return answer.text();
    };

    it("every type is enabled and without an error", async () => {
      const sets = (await nodeRed.admin("GET", "/nodes")) as readonly NodeSet[];
      const ours = sets.filter(({ module }) => module === packageName);
      assert.deepEqual(
        ours.map(({ name, enabled, err }) => ({ name, enabled, err })),
        [{ name: "sccc", enabled: true, err: undefined }],
      );
      assert.deepEqual([...(ours[0]?.types ?? [])].sort(), [...types].sort());
    });

    it("there is a form for every type, and help in both languages", async () => {
      for (const [language, pick] of [
        ["en-US", "en"],
        ["zh-CN", "zh"],
      ] as const) {
        const page = await text("/nodes", language);
        for (const type of types) {
          assert.ok(page.includes(`data-template-name="${type}"`), `form of ${type}`);
          assert.ok(page.includes(`data-help-name="${type}"`), `help of ${type}`);
        }
        for (const { node, summary } of commands) {
          const help = page.slice(page.indexOf(`data-help-name="${node}"`)).split("</script>")[0] ?? "";
          assert.ok(help.includes(summary[pick]), `${language}: help of ${node}`);
        }
      }
    });

    it("there are texts in both languages, also for plain zh", async () => {
      const label = async (language: string) => {
        const texts = await text(`/locales/${packageName}/sccc?lng=${language}`, language, "application/json");
        return JSON.parse(texts).command["call-number"].label;
      };
      const { en, zh } = commands.find(({ node }) => node === "sccc-call-number")!.label;
      assert.deepEqual(await Promise.all(["en-US", "zh-CN", "zh"].map(label)), [en, zh, zh]);
    });

    it("an example of the library runs unchanged", async () => {
      const flows = await nodeRed.admin("GET", `/library/examples/flows/${packageName}/several-accounts`);
      await nodeRed.deploy(flows as readonly FlowNode[]);
      const sidebar = await nodeRed.sidebar();
      await nodeRed.inject("sccc-accounts-north-login-button");
      await sidebar.next("sccc-accounts-logged-in");
      await nodeRed.inject("sccc-accounts-north-call");
      const { number } = (await sidebar.next("sccc-accounts-north")) as { readonly number: string };
      assert.equal(number, "13800138888");
      await sidebar.close();
    });

    it("the icons are served", async () => {
      for (const { icon } of Object.values(groups)) {
        assert.match(await text(`/icons/${packageName}/${icon}`, "en-US", "image/*"), /<svg/);
      }
    });
  });
}
