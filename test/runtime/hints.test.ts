// Hints of the sidebar: what is to be seen leads to which hint.
import assert from "node:assert/strict";
import type { AccountHealth, Hint } from "../../nodes/catalogue/sidebar";
import { hintCodes } from "../../nodes/catalogue/sidebar";
import { type HintedAccount, type HintSource, hintsOf } from "../../nodes/runtime/sidebar/hints";

const now = 1_700_000_000_000;
const health: AccountHealth = {
  ...{ id: "a", label: "A", baseUrl: "http://x", customer: "C2", reachable: true, waiting: 0, sending: 0 },
  ...{ maxQueue: 1000, deadLetters: 0, receiving: { address: "/n", ownPort: false, taken: 1, refused: {} } },
};
const receiving = health.receiving;
const account = (changes: Partial<HintedAccount> = {}, ofHealth: Partial<AccountHealth> = {}): HintedAccount => ({
  ...{ refusedAt: new Map(), agents: [], ...changes },
  health: { ...health, ...ofHealth },
});
const of = (accounts: readonly HintedAccount[], changes: Partial<HintSource> = {}) =>
  hintsOf({ now, recording: true, hasAccount: true, accounts, campaigns: [], ...changes });
const agent = (status: string) => ({ account: "a", staffNo: "1", status, since: now });
const refused = { ...receiving!, refused: { digest: 2, sender: 1 } };
const campaign = {
  account: "a",
  node: "c",
  campaign: "k",
  total: 1,
  done: 0,
  answered: 0,
  unanswered: 0,
  remaining: 1,
};
const failed = (code: string, at = now) => ({ lastError: { at, code, text: "said" } });

/** What leads to which hints: `code` alone for one of the account without values. */
const cases: readonly (readonly [string, readonly Hint[], readonly Hint[]])[] = [
  ["all is well", of([account()]), []],
  ["no account runs", of([]), []],
  ["there is no account", of([], { hasAccount: false }), [{ code: "noAccount" }]],
  [
    "the password is missing",
    of([account({ problem: { setting: "password", reason: "missing" } }, { reachable: false })]),
    [{ code: "noPassword", node: "a" }],
  ],
  [
    "a setting is wrong",
    of([account({ problem: { setting: "baseUrl", reason: "url" } })]),
    [{ code: "misconfigured", node: "a", params: { setting: "baseUrl", reason: "url" } }],
  ],
  [
    "nothing can be received because of a setting, and nobody answers",
    of([account({ receivingProblem: { setting: "pushAllow", reason: "addresses" } }, { reachable: false })]),
    [
      { code: "misconfigured", node: "a", params: { setting: "pushAllow", reason: "addresses" } },
      { code: "unreachable", node: "a", params: { code: "", text: "" } },
    ],
  ],
  [
    "the platform refuses the password",
    of([account({ passwordRefused: true }, failed("E_S_AUTH_FAIL"))]),
    [{ code: "passwordRefused", node: "a", params: { code: "E_S_AUTH_FAIL" } }],
  ],
  [
    "the platform does not answer",
    of([account({}, { reachable: false, ...failed("SCCC_TIMEOUT") })]),
    [{ code: "unreachable", node: "a", params: { code: "SCCC_TIMEOUT", text: "said" } }],
  ],
  ["an agent is there", of([account({ agents: [agent("OFFLINE"), agent("IDLE")] })]), []],
  [
    "all agents are off line",
    of([account({ agents: [agent("OFFLINE")] })]),
    [{ code: "nobodyLoggedIn", node: "a", params: { agents: 1 } }],
  ],
  [
    "a command was refused as for an agent who is not logged in",
    of([account({}, failed("E_G_INVALID_OPT"))]),
    [{ code: "nobodyLoggedIn", node: "a", params: { agents: 0 } }],
  ],
  ["that was long ago", of([account({}, failed("E_G_INVALID_OPT", now - 700_000))]), []],
  ["that agent is there", of([account({ agents: [agent("IDLE")] }, failed("E_G_INVALID_OPT"))]), []],
  [
    "no push has come",
    of([account({}, { receiving: { ...receiving!, taken: 0 } })]),
    [{ code: "noPushYet", node: "a", params: { address: "/n" } }],
  ],
  [
    "pushes are refused, one reason of long ago",
    of([
      account(
        {
          refusedAt: new Map([
            ["digest", now],
            ["sender", now - 700_000],
          ]),
        },
        { receiving: refused },
      ),
    ]),
    [{ code: "pushesRefused", node: "a", params: { reason: "digest", count: 2 } }],
  ],
  [
    "pushes with a wrong password were refused, and that was put right",
    of([account({ refusedAt: new Map([["digest", now - 1000]]) }, { receiving: receiving! })]),
    [],
  ],
  [
    "pushes with a used signature were refused, and a later one was taken",
    of([
      account(
        { refusedAt: new Map([["replay", now - 1000]]) },
        { receiving: { ...refused, refused: { replay: 2 }, lastAt: now } },
      ),
    ]),
    [{ code: "pushesRefused", node: "a", params: { reason: "replay", count: 2 } }],
  ],
  ["no push was taken, and some were refused long ago", of([account({}, { receiving: { ...refused, taken: 0 } })]), []],
  [
    "nothing can be received",
    of([
      account(
        {},
        { receiving: { ...receiving!, taken: 0, problem: { setting: "pushPort", reason: "port", detail: "d" } } },
      ),
    ]),
    [{ code: "receivingProblem", node: "a", params: { setting: "pushPort", reason: "port", detail: "d" } }],
  ],
  ["nothing is to be received", of([account({}, { receiving: undefined as never })]), []],
  [
    "the platform's clock is behind",
    of([account({ clockOffMs: -200_400 })]),
    [{ code: "clockApart", node: "a", params: { seconds: -200 } }],
  ],
  ["the clocks are about the same", of([account({ clockOffMs: 149_000 })]), []],
  [
    "the queue is nearly full",
    of([account({}, { waiting: 900 })]),
    [{ code: "queueFull", node: "a", params: { waiting: 900, maxQueue: 1000 } }],
  ],
  [
    "a command has just found no room",
    of([account({ busyAt: now - 30_000 })]),
    [{ code: "queueFull", node: "a", params: { waiting: 0, maxQueue: 1000 } }],
  ],
  ["that was a while ago", of([account({ busyAt: now - 90_000 })]), []],
  [
    "there are dead letters",
    of([account({}, { deadLetters: 3 })]),
    [{ code: "deadLetters", node: "a", params: { count: 3 } }],
  ],
  [
    "a campaign is outside its hours",
    of([account()], {
      campaigns: [
        { ...campaign, state: "outsideHours" },
        { ...campaign, state: "dialling" },
      ],
    }),
    [{ code: "outsideHours", node: "c", params: { campaign: "k" } }],
  ],
  ["nothing is recorded", of([account()], { recording: false }), [{ code: "monitorOff" }]],
];

describe("the hints of the sidebar", () => {
  for (const [what, hints, expected] of cases) {
    it(`${what}: ${expected.map(({ code }) => code).join(", ") || "none"}`, () => assert.deepEqual(hints, expected));
  }

  it("are all in this table", () => {
    const seen = new Set(cases.flatMap(([, , expected]) => expected.map(({ code }) => code)));
    assert.deepEqual([...seen].sort(), [...hintCodes].sort());
  });
});
