// The customers: searched by a part of a name or number, opened, called.
import { at, h, icon, numberOf, t, words } from "./common.mjs";
import { attempt, call } from "./doing.mjs";
import { ask } from "./server.mjs";
import { desk, detailsOf, draw, isLoggedIn, isOnCall, isWrappingUp, onDraw } from "./state.mjs";

/** A circle with initials, in a colour derived from the number. */
export function portrait(customer, number, big = false) {
  const digits = [...(number ?? "")].reduce((sum, one) => sum + one.charCodeAt(0), 0);
  const name = customer === null ? "?" : words(customer.name);
  const initials = /\p{Script=Han}/u.test(name)
    ? name.slice(0, 1)
    : name
        .split(/\s+/)
        .slice(0, 2)
        .map((part) => part.slice(0, 1))
        .join("")
        .toUpperCase();
  return h("span", { class: `portrait ${big ? "big" : ""} hue${digits % 6}`, "aria-hidden": "true" }, initials);
}

/** Whether the agent can't call now. */
const isTaken = () => isOnCall() || isWrappingUp();

/** A round button that calls a number. */
export const callButton = (name, number) =>
  h(
    "button",
    {
      type: "button",
      class: "round",
      disabled: isTaken() || number === "",
      title: isTaken() ? t("notNow") : numberOf(number),
      "aria-label": t("callCustomer", { name }),
      onclick: () => call(number),
    },
    icon("phone"),
  );

let customers = [];

export async function findCustomers() {
  const wanted = at("wanted").value;
  const answer = await ask("customers", { q: wanted });
  const found = await answer.json();
  // Answers may arrive in another order than the requests.
  if (at("wanted").value !== wanted) return;
  customers = found;
  drawCustomers();
}

/** The typed text as a number, or the reason why it is not one. */
function dialled() {
  const typed = at("wanted").value.trim();
  const number = typed.replace(/[\s()-]/g, "");
  if (/^\+?[\d*#]{3,}$/.test(number)) return { number };
  return { problem: typed === "" ? "" : /^\+?[\d*#]*$/.test(number) ? "tooShort" : "notANumber", typed };
}

const view = (customer) =>
  attempt(async () => {
    const answer = await ask("calls", { number: customer.number });
    desk.viewed = { customer, history: await answer.json() };
    draw();
  });

/** The text for which the agent pressed Enter, and the reason why nothing happens. */
function explain() {
  const { problem = "", typed } = dialled();
  at("why").textContent = problem === "" ? "" : t(problem, { typed });
}

function drawCustomers() {
  const { number } = dialled();
  if (number !== undefined) at("why").textContent = "";
  at("dial").replaceChildren(
    ...(number === undefined
      ? []
      : [
          h(
            "button",
            { type: "button", class: "primary wide", disabled: isTaken(), onclick: () => dial(number) },
            icon("phone"),
            t("callNumber", { number: numberOf(number) }),
          ),
          ...(isTaken() ? [h("p", { class: "muted small" }, t("notNow"))] : []),
        ]),
  );
  at("customers").replaceChildren(
    ...customers.map((customer) =>
      h(
        "li",
        { class: "row" },
        h(
          "button",
          { type: "button", class: "plain", onclick: () => view(customer) },
          portrait(customer, customer.number),
          h(
            "span",
            { class: "who" },
            h("strong", {}, words(customer.name)),
            h("span", { class: "muted small" }, detailsOf(customer) || numberOf(customer.number)),
          ),
        ),
        callButton(words(customer.name), customer.number),
      ),
    ),
    ...(customers.length === 0 ? [h("li", { class: "muted empty" }, t("noCustomers"))] : []),
  );
}

async function dial(number) {
  if (!(await call(number))) return;
  at("wanted").value = "";
  await attempt(findCustomers);
}

let typing;
at("wanted").addEventListener("input", () => {
  at("why").textContent = "";
  drawCustomers();
  clearTimeout(typing);
  typing = setTimeout(() => attempt(findCustomers), 150);
});
at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const { number } = dialled();
  explain();
  if (number !== undefined && !isTaken()) dial(number);
});

// The list is rebuilt only if something in it would change: the focus stays where it is.
let drawn = "";
onDraw(() => {
  if (!isLoggedIn()) return;
  const now = `${document.documentElement.lang} ${isTaken()}`;
  if (now !== drawn) drawCustomers();
  drawn = now;
});
