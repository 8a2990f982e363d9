// The demo with a real platform (simulated for the test): the account comes from the environment, and the demo's own simulator does not
// run.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Simulator, startSimulator } from "../../simulator";
import { closeBrowser, openPage } from "../../tools/browser";
import { Demo } from "../../tools/demo";
import { root } from "../../tools/hosts";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { eventually, listening } from "../receive/flow";

describe("npm start with an account in the environment", function () {
  // The first start on a machine may have to install Node-RED 5.
  this.timeout(180_000);

  const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
  const push = { pushUser: "pusher", pushPassword: "2F0B7C" };
  const userDir = temporaryFolder();
  let platform: Simulator;
  let demo: Demo;

  before(async () => {
    const pushPort = await freePort();
    const pushUrl = `http://127.0.0.1:${pushPort}/sccc/notify`;
    platform = await startSimulator({ customer: "shop", password, ...push, pushUrl, agents: "2000-2003", speed: 5 });
    const env = {
      SCCC_URL: platform.url,
      SCCC_CUSTOMER: "shop",
      SCCC_PASSWORD: password,
      SCCC_PUSH_USER: push.pushUser,
      SCCC_PUSH_PASSWORD: push.pushPassword,
      SCCC_PUSH_PORT: String(pushPort),
      SCCC_DIAL_ONLY: "138*",
    };
    demo = await Demo.start({ userDir, env });
  });
  after(async () => {
    await closeBrowser();
    await demo?.stop();
    await platform?.close();
  });

  it("works on that platform, with its own agents and an empty CRM, and dials only permitted numbers", async () => {
    assert.ok(demo.output.includes(`${platform.url}  (customer shop)`), demo.output);
    await assert.rejects(fetch(demo.simulator));
    const { page, errors } = await openPage();
    await page.goto(`${demo.url}/desk`);
    await page.locator("select#agent").selectOption("2001");
    await page.locator("#signin button").click();
    await page.locator("#state.ready").waitFor();
    assert.equal(await page.locator("#inbound").count(), 0);
    await page.locator("#customers .empty").waitFor();

    await page.locator("#wanted").fill("13900139000");
    await page.locator("#dial button").click();
    await page.locator("#problem", { hasText: "may not be dialled" }).waitFor();
    assert.equal(platform.state.calls.length, 0);
    await page.locator("#wanted").fill("");

    await platform.instruct({ do: "inbound", number: "13800138888", agent: "2001" });
    await page.locator("#call.answered").waitFor();
    await page.locator("#new-name").fill("Li Wei");
    await page.locator(".naming button").click();
    await page.locator("#hangup").click();
    await page.locator("#noting input[value=resolved]").check();
    await page.locator("#save:enabled").click();
    await page.locator("#customers .row", { hasText: "Li Wei" }).waitFor();
    await eventually("the agent is idle again", () =>
      platform.state.agents.find(({ staffNo }) => staffNo === "2001")?.workStatus === "ONLINE" ? true : undefined,
    );
    assert.deepEqual(errors, []);
  });

  it("keeps the user's flows, and adds no secret to them", async () => {
    const flows = await (await fetch(`${demo.url}/flows`)).text();
    for (const secret of [password, push.pushPassword]) assert.ok(!flows.includes(secret));
    await demo.stop();
    const simulated = await Demo.start({ userDir });
    try {
      await listening(Number(new URL(simulated.simulator).port));
      const again = (await (await fetch(`${simulated.url}/flows`)).json()) as readonly Record<string, unknown>[];
      const before = JSON.parse(flows) as readonly Record<string, unknown>[];
      // Except for the simulator, which runs again, nothing has changed.
      assert.deepEqual(
        again.map(({ d: _, ...node }) => node),
        before.map(({ d: _, ...node }) => node),
      );
      assert.deepEqual(
        again.filter(({ d }) => d === true),
        [],
      );
    } finally {
      await simulated.stop();
    }
  });

  it("names the missing settings of the account", async () => {
    const { SCCC_PASSWORD: _, ...env } = process.env;
    const start = spawn("npm", ["start", "--silent"], {
      cwd: root,
      env: {
        ...env,
        DEMO_DIR: userDir,
        PORT: String(await freePort()),
        SCCC_URL: "http://127.0.0.1:9",
        SCCC_CUSTOMER: "shop",
      },
    });
    let said = "";
    start.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const [code] = await once(start, "exit");
    assert.equal(code, 1);
    assert.match(said, /SCCC_PASSWORD is not/);
  });
});
