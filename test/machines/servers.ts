// Real servers in Debian's versions, for the recipe docs/several-machines and for the examples that need one: found or installed, and run
// on free ports in a temporary folder.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../tools/hosts";
import { freePort } from "../../tools/node-red";
import { eventually, listening } from "../receive/flow";

/** The required programs, and their Debian packages. */
const wanted = {
  nginx: "nginx-light",
  mosquitto: "mosquitto",
  mosquitto_passwd: "mosquitto",
  postgres: "postgresql",
  initdb: "postgresql",
  psql: "postgresql-client",
} as const;

type Program = keyof typeof wanted;

type Package = (typeof wanted)[Program];

/** Debian keeps PostgreSQL's programs outside the path, in a folder for each version. */
function folders(): readonly string[] {
  const versions = "/usr/lib/postgresql";
  const postgres = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, "bin")) : [];
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", ...postgres.reverse()];
}

const find = (program: string): string | undefined =>
  folders()
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

/** The packages with a missing program. */
const missing = (packages: readonly Package[]): readonly Package[] =>
  packages.filter((name) =>
    (Object.keys(wanted) as readonly Program[]).some(
      (program) => wanted[program] === name && find(program) === undefined,
    ),
  );

/** Makes sure that servers are installed. If they cannot be installed, the error says what is needed. */
export function requireServers(...needed: readonly Package[]): void {
  const packages = missing(needed);
  if (packages.length > 0 && process.getuid?.() === 0 && find("apt-get") !== undefined) {
    console.error(`Installing ${packages.join(", ")} …`);
    // The packages would start their own servers; policy-rc.d is Debian's way to prevent that.
    const policy = "/usr/sbin/policy-rc.d";
    const install = existsSync(policy) ? "" : `printf '#!/bin/sh\\nexit 101\\n' > ${policy}; chmod +x ${policy}; `;
    const clean = existsSync(policy) ? "" : `; code=$?; rm -f ${policy}; exit $code`;
    const script = `${install}apt-get update -qq && apt-get install -qq -y --no-install-recommends ${packages.join(" ")}${clean}`;
    spawnSync("sh", ["-c", script], {
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: 300_000,
    });
  }
  const absent = missing(needed);
  if (absent.length === 0) return;
  throw new Error(
    `Not proved: the programs of ${absent.join(", ")} were not found, and could not be installed, which needs root on Debian. ` +
      "Install these packages and run it again.",
  );
}

function pathOf(program: Program): string {
  const path = find(program);
  if (path === undefined) throw new Error(`${program} is not there`);
  return path;
}

/** PostgreSQL refuses to run as root, and mosquitto drops root's rights: both run as the users of their packages. */
function ownerOf(user: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(spawnSync("id", [flag, user], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

const running = new Set<Server>();
process.on("exit", () => {
  for (const server of running) server.crash();
});

/** A server as a child process, which can crash and be restarted. */
export class Server {
  #child: ChildProcess | undefined;
  #output = "";

  constructor(
    readonly port: number,
    private readonly command: readonly [Program, ...string[]],
    private readonly options: {
      readonly cwd: string;
      readonly uid?: number;
      readonly gid?: number;
      /** The signal that ends it at once with all its children, without cleaning up. */
      readonly crashSignal: NodeJS.Signals;
    },
  ) {}

  async start(): Promise<void> {
    const [program, ...args] = this.command;
    const { crashSignal: _, ...options } = this.options;
    const child = spawn(pathOf(program), args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    running.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk).slice(-4000);
      });
    }
    const ended = once(child, "exit").then(() => {
      throw new Error(`${program} ended by itself:\n${this.#output}`);
    });
    await Promise.race([listening(this.port), ended]);
  }

  /** Ends it as a crash would. */
  crash(): void {
    const pid = this.#child?.pid;
    running.delete(this);
    if (pid === undefined || this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    // PostgreSQL's processes leave its group, and end with it.
    process.kill(this.options.crashSignal === "SIGKILL" ? -pid : pid, this.options.crashSignal);
  }

  /** Stops it; resolves when it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    this.crash();
    await exited;
  }
}

/** A file of the recipe with replacements; each replaced text must be in it. */
function recipe(file: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(root, "docs/several-machines", file), "utf8");
  for (const [there, here] of Object.entries(changes)) {
    if (!text.includes(there)) throw new Error(`${file} has no ${there}`);
    text = text.replaceAll(there, here);
  }
  return text;
}

/** The proxy in front of machines that receive at these ports. */
export async function startProxy(folder: string, receivers: readonly [number, number]): Promise<Server> {
  const port = await freePort();
  const cwd = join(folder, "nginx");
  mkdirSync(cwd);
  const site = recipe("nginx.conf", {
    "machine-a.example:1881": `127.0.0.1:${receivers[0]}`,
    "machine-b.example:1881": `127.0.0.1:${receivers[1]}`,
    "listen 8080": `listen 127.0.0.1:${port}`,
  });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`);
  writeFileSync(
    join(cwd, "nginx.conf"),
    `${process.getuid?.() === 0 ? "user root;\n" : ""}pid nginx.pid;\ndaemon off;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary.join("\n")}\n${site}}\n`,
  );
  const server = new Server(port, ["nginx", "-p", cwd, "-c", "nginx.conf", "-e", "stderr"], {
    cwd,
    crashSignal: "SIGKILL",
  });
  await server.start();
  return server;
}

/** The queue's user. */
export const queueUser = { user: "sccc", password: "a password of the tests" };

/** The queue. */
export async function startQueue(folder: string): Promise<Server> {
  const port = await freePort();
  const cwd = join(folder, "mosquitto");
  mkdirSync(cwd);
  const passwords = join(cwd, "sccc.passwd");
  spawnSync(pathOf("mosquitto_passwd"), ["-b", "-c", passwords, queueUser.user, queueUser.password]);
  writeFileSync(
    join(cwd, "mosquitto.conf"),
    recipe("mosquitto.conf", {
      "listener 1883": `listener ${port} 127.0.0.1`,
      "password_file /etc/mosquitto/sccc.passwd": `password_file ${passwords}`,
    }),
  );
  const owner = ownerOf("mosquitto");
  if (owner !== undefined) for (const path of [cwd, passwords]) chownSync(path, owner.uid, owner.gid);
  const server = new Server(port, ["mosquitto", "-c", join(cwd, "mosquitto.conf")], { cwd, crashSignal: "SIGKILL" });
  await server.start();
  return server;
}

/** A database, and the settings for connecting to it. */
export class Database {
  private constructor(
    readonly server: Server,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start(folder: string): Promise<Database> {
    const port = await freePort();
    const cwd = join(folder, "postgres");
    const data = join(cwd, "data");
    const env = {
      PGHOST: "127.0.0.1",
      PGPORT: String(port),
      PGDATABASE: "postgres",
      PGUSER: "sccc",
      PGPASSWORD: "a password of the tests",
    };
    mkdirSync(cwd);
    writeFileSync(join(cwd, "password"), env.PGPASSWORD);
    const owner = ownerOf("postgres");
    if (owner !== undefined) chownSync(cwd, owner.uid, owner.gid);
    const made = spawnSync(
      pathOf("initdb"),
      ["-D", data, "-U", env.PGUSER, "-A", "scram-sha-256", "--pwfile", join(cwd, "password"), "-E", "UTF8"],
      { cwd, ...owner, encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const args = ["-D", data, "-p", env.PGPORT, "-h", env.PGHOST, "-c", "unix_socket_directories="];
    const server = new Server(port, ["postgres", ...args], { cwd, ...owner, crashSignal: "SIGQUIT" });
    await server.start();
    const database = new Database(server, env);
    await database.ready();
    return database;
  }

  /** Creates the table of the recipe for several machines. */
  createPushes(): void {
    this.query(recipe("schema.sql", {}));
    // Rows skipped by ON CONFLICT would leave no other trace.
    this.query(`CREATE TABLE writes (event_id text);
CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN INSERT INTO writes VALUES (NEW.event_id); RETURN NEW; END';
CREATE TRIGGER counted BEFORE INSERT ON pushes FOR EACH ROW EXECUTE FUNCTION count_write();`);
  }

  /** Resolves when it accepts queries: after a crash, it recovers first. */
  async ready(): Promise<void> {
    await eventually("the database takes queries", () => (this.#psql("SELECT 1").status === 0 ? true : undefined));
  }

  #psql(sql: string) {
    return spawnSync(pathOf("psql"), ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql], {
      env: { ...process.env, ...this.env },
      encoding: "utf8",
      maxBuffer: 1e9,
    });
  }

  /** The lines of the result. */
  query(sql: string): readonly string[] {
    const { status, stdout, stderr } = this.#psql(sql);
    if (status !== 0) throw new Error(`psql: ${stderr}`);
    return stdout.split("\n").filter((line) => line !== "");
  }
}

/** Gives the servers' own users access to the folder. */
export function open(folder: string): string {
  chmodSync(folder, 0o755);
  return folder;
}
