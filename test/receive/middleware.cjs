// Preloaded into a Node-RED: sets httpNodeMiddleware, which is a function and cannot be passed as JSON.
const Module = require("node:module");

const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (String(request).endsWith("settings.cjs")) {
    loaded.httpNodeMiddleware = (incoming, response, next) => {
      response.setHeader("X-Middleware", "seen");
      if (incoming.headers["x-deny"] === undefined) next();
      else response.writeHead(403).end();
    };
  }
  return loaded;
};
