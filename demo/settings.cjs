// Node-RED's settings in the demo: those of every Node-RED that we start, and requests of other sites' pages are refused. Node-RED
// itself takes them, also to its editor's API: a page that is open somewhere in the browser could press the buttons that place calls.
module.exports = {
  ...require("../tools/settings.cjs"),
  httpAdminMiddleware({ headers: { origin, host } }, response, next) {
    if (origin === undefined || origin.replace(/^https?:\/\//, "") === host) next();
    else response.status(403).end();
  },
};
