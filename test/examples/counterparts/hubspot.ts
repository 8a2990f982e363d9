// The parts of HubSpot that the example calls-to-hubspot needs. The shape of requests is not defined here: it comes
// from HubSpot's own client, which HubSpot generates from its OpenAPI description (test/hosts/hubspot). Each request
// must be the one that the client would send with the same content, and must fit the schema of its body. The rules for
// the properties of calls are those of HubSpot's page "Calls".
import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { prepared, root } from "../../../tools/hosts";
import type { Received, Reply } from "./server";

type Json = Readonly<Record<string, unknown>>;

/** A request that HubSpot's client would send. */
interface Context {
  getHttpMethod(): string;
  getUrl(): string;
  getHeaders(): Readonly<Record<string, string>>;
  getBody(): string | undefined;
}

/** A class of the client with the attributes of the description. */
interface Model {
  readonly attributeTypeMap?: readonly Readonly<Record<"name" | "baseName" | "type", string>>[];
}

interface Validator {
  (value: unknown): boolean;
  readonly errors?: unknown;
}

interface Validators {
  addSchema(schema: object, key: string): void;
  getSchema(key: string): Validator | undefined;
  compile(schema: object): Validator;
}

/** A JSON schema of a type as the client's declarations write it. */
function schemaOf(type: string, models: Readonly<Record<string, object>>): object {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return { type: "array", items: schemaOf(list, models) };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) return { type: "object", additionalProperties: schemaOf(map, models) };
  if (type === "any") return {};
  const kinds = type.split(" | ");
  if (kinds.length > 1) return { anyOf: kinds.map((kind) => schemaOf(kind, models)) };
  if (type === "Date") return { type: "string", format: "date-time" };
  if (["string", "number", "boolean", "null"].includes(type)) return { type };
  const model = models[type];
  if (model === undefined) throw new Error(`HubSpot's client has no ${type}`);
  return typeof model === "function" ? { $ref: `#/definitions/${type}` } : { enum: Object.values(model) };
}

/** JSON schemas of all shapes of a part of the client. The attributes come from its classes; its declarations mark the optional ones. */
function definitionsOf(folder: string): object {
  const models = createRequire(join(folder, "index.js"))("./models/all.js") as Readonly<Record<string, Model>>;
  const classes = Object.entries(models).filter(([, { attributeTypeMap }]) => attributeTypeMap !== undefined);
  return Object.fromEntries(
    classes.map(([name, { attributeTypeMap = [] }]) => {
      const file = name === "Error" ? "ModelError" : name;
      const declared = readFileSync(join(folder, "models", `${file}.d.ts`), "utf8");
      const required = attributeTypeMap.filter((one) => declared.includes(`'${one.name}':`)).map((one) => one.baseName);
      const properties = attributeTypeMap.map(({ baseName, type }) => [baseName, schemaOf(type, models)]);
      return [
        name,
        { type: "object", properties: Object.fromEntries(properties), required, additionalProperties: false },
      ];
    }),
  );
}

/** The properties of a call, from HubSpot's page. All are strings. */
const callProperties = {
  type: "object",
  required: ["hs_timestamp"],
  additionalProperties: false,
  properties: {
    hs_timestamp: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" },
    hs_call_title: { type: "string" },
    hs_call_body: { type: "string" },
    hs_call_direction: { enum: ["INBOUND", "OUTBOUND"] },
    hs_call_status: {
      enum: [
        ...["BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING"],
        ...["FAILED", "IN_PROGRESS", "NO_ANSWER", "QUEUED", "RINGING"],
      ],
    },
    // In milliseconds.
    hs_call_duration: { type: "string", pattern: "^\\d+$" },
    hs_call_from_number: { type: "string" },
    hs_call_to_number: { type: "string" },
    hs_call_recording_url: { type: "string", pattern: "^https://" },
  },
};

/** The token of the tests. */
export const token = "pat-a-token-of-the-tests";

const problem = (status: number, category: string, message: string): Reply => ({
  status,
  body: { status: "error", category, message, correlationId: "00000000-0000-0000-0000-000000000000" },
});

interface Activity {
  readonly id: string;
  readonly properties: Json;
  writes: number;
  contact: string | undefined;
}

/** A HubSpot account with a few contacts. */
export class HubSpot {
  /** By sccc_call_id. */
  readonly activities = new Map<string, Activity>();
  /** The reasons why requests differed from those of HubSpot's client. */
  readonly faults: string[] = [];
  /** If set, requests to matching paths fail. */
  failing: RegExp | undefined;
  readonly #load: NodeJS.Require;
  readonly #folder: string;
  readonly #validators: Validators;
  readonly #callProperties: Validator;

  /** The contacts' IDs, by the telephone number in the form that HubSpot searches: without the country code. */
  constructor(private readonly contacts: Readonly<Record<string, string>>) {
    const host = prepared(join(root, "test/hosts/hubspot"));
    this.#load = createRequire(join(host, "package.json"));
    this.#folder = join(host, "node_modules/@hubspot/api-client/lib/codegen/crm");
    const Ajv = this.#load("ajv").default as new (options: object) => Validators;
    this.#validators = new Ajv({ allErrors: true });
    (this.#load("ajv-formats") as { readonly default: (ajv: Validators) => void }).default(this.#validators);
    for (const part of ["objects/calls", "contacts", "associations/v4"]) {
      this.#validators.addSchema({ definitions: definitionsOf(join(this.#folder, part)) }, part);
    }
    this.#callProperties = this.#validators.compile(callProperties);
  }

  /** The request that the client would send for an operation of one of its APIs with these arguments. */
  #asClient(part: string, api: string, operation: string, ...args: readonly unknown[]): Promise<Context> {
    const load = (file: string) => this.#load(join(this.#folder, part, file)) as Readonly<Record<string, unknown>>;
    const configure = load("configuration.js").createConfiguration as (options: object) => object;
    const Factory = load(`apis/${api}.js`)[`${api}RequestFactory`] as new (
      configuration: object,
    ) => Readonly<Record<string, (...args: readonly unknown[]) => Promise<Context>>>;
    const run = new Factory(configure({ authMethods: { oauth2: { accessToken: token } } }));
    const prepare = run[operation];
    if (prepare === undefined) throw new Error(`HubSpot's client has no ${api}.${operation}`);
    return prepare.call(run, ...args);
  }

  /** Throws if a value does not have a shape of the client. */
  #check(part: string, shape: string, value: unknown): void {
    const validate = this.#validators.getSchema(`${part}#/definitions/${shape}`);
    if (validate === undefined) throw new Error(`HubSpot's client has no ${shape}`);
    if (!validate(value)) throw new Error(`${shape}: ${JSON.stringify(validate.errors)}`);
  }

  /** Throws if a request differs from the one that the client would send. */
  #same({ method, url, headers, body }: Received, expected: Context): void {
    const { pathname, search } = new URL(expected.getUrl());
    const content = expected.getBody();
    deepStrictEqual(
      { method, path: url.pathname + url.search, body: body === "" ? undefined : JSON.parse(body) },
      { method: expected.getHttpMethod(), path: pathname + search, body: content && JSON.parse(content) },
    );
    const wanted = expected.getHeaders()["Content-Type"];
    if (wanted !== undefined) deepStrictEqual(headers["content-type"], wanted);
  }

  async receive(received: Received): Promise<Reply> {
    if (this.failing?.test(received.url.pathname)) return problem(502, "INTERNAL_ERROR", "internal error");
    if (received.headers.authorization !== `Bearer ${token}`)
      return problem(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.");
    try {
      return await this.#answer(received);
    } catch (error) {
      this.faults.push(error instanceof Error ? error.message : String(error));
      return problem(400, "VALIDATION_ERROR", "Invalid input JSON");
    }
  }

  async #answer(received: Received): Promise<Reply> {
    const { url, body } = received;
    if (url.pathname.endsWith("/batch/upsert")) {
      const content = JSON.parse(body) as { readonly inputs: readonly Readonly<Record<"id", string>>[] };
      this.#same(received, await this.#asClient("objects/calls", "BatchApi", "upsert", content));
      this.#check("objects/calls", "BatchInputSimplePublicObjectBatchInputUpsert", content);
      return this.#upsert(content.inputs as readonly Input[]);
    }
    if (url.pathname.endsWith("/search")) {
      const content = JSON.parse(body) as Search;
      this.#same(received, await this.#asClient("contacts", "SearchApi", "doSearch", content));
      this.#check("contacts", "PublicObjectSearchRequest", content);
      return this.#search(content);
    }
    const [, call = "", contact = ""] =
      /\/calls\/([^/]+)\/associations\/default\/contacts\/([^/]+)$/.exec(url.pathname) ?? [];
    this.#same(
      received,
      await this.#asClient("associations/v4", "BasicApi", "createDefault", "calls", call, "contacts", contact),
    );
    return this.#associate(call, contact);
  }

  #upsert(inputs: readonly Input[]): Reply {
    const now = new Date().toISOString();
    const results = inputs.map(({ id, idProperty, properties }) => {
      if (idProperty !== "sccc_call_id") throw new Error(`${idProperty} is not a property with unique values`);
      if (!this.#callProperties(properties)) throw new Error(JSON.stringify(this.#callProperties.errors));
      const there = this.activities.get(id);
      const activity = there ?? { id: String(1000 + this.activities.size), properties, writes: 0, contact: undefined };
      this.activities.set(id, { ...activity, properties, writes: activity.writes + 1 });
      return {
        id: activity.id,
        properties: { ...properties, sccc_call_id: id },
        createdAt: now,
        updatedAt: now,
        new: there === undefined,
      };
    });
    const answer = { status: "COMPLETE", results, startedAt: now, completedAt: now };
    this.#check("objects/calls", "BatchResponseSimplePublicUpsertObject", answer);
    return { status: 200, body: answer };
  }

  #search({ filterGroups }: Search): Reply {
    const { propertyName, operator, value } = filterGroups[0]?.filters[0] ?? {};
    if (propertyName !== "hs_searchable_calculated_phone_number" || operator !== "EQ" || !/^\d+$/.test(value ?? "")) {
      throw new Error(`A search by ${propertyName} ${operator} ${value}`);
    }
    const id = this.contacts[value ?? ""];
    const now = new Date().toISOString();
    const results = id === undefined ? [] : [{ id, properties: { firstname: "Fang" }, createdAt: now, updatedAt: now }];
    const answer = { total: results.length, results };
    this.#check("contacts", "CollectionResponseWithTotalSimplePublicObjectForwardPaging", answer);
    return { status: 200, body: answer };
  }

  #associate(call: string, contact: string): Reply {
    const activity = [...this.activities.values()].find(({ id }) => id === call);
    if (activity === undefined || !Object.values(this.contacts).includes(contact)) {
      return problem(404, "OBJECT_NOT_FOUND", "resource not found");
    }
    activity.contact = contact;
    const now = new Date().toISOString();
    const answer = { status: "COMPLETE", results: [], startedAt: now, completedAt: now };
    this.#check("associations/v4", "BatchResponsePublicDefaultAssociation", answer);
    return { status: 200, body: answer };
  }
}

interface Input {
  readonly id: string;
  readonly idProperty: string;
  readonly properties: Json;
}

interface Search {
  readonly filterGroups: readonly { readonly filters: readonly Readonly<Record<string, string>>[] }[];
}
