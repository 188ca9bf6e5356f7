// What nginx's own configuration can't say, for njs (libnginx-mod-http-js): a purge, and the query of a page.
import fs from "fs";

// The names that pages read from a query. Every other one, such as the tag of a campaign, changes no page.
const KNOWN = [
    "q", "rating", "topic", "claimant", "article", "outlet", "source", "kind", "language", "year", "since", "until",
    "sort", "page",
];

// Gives the caches a new key. They read it as the place where a link leads, so it survives a restart of nginx.
function renew(link) {
    const key = `${Date.now()}-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const folder = link.replace(/[^/]*$/, "");
    let old = "";
    try {
        old = fs.realpathSync(link);
    } catch (_) {
        // The first purge.
    }
    fs.mkdirSync(folder + key);
    fs.symlinkSync(key, `${folder}${key}.link`);
    fs.renameSync(`${folder}${key}.link`, link);
    try {
        if (old) fs.rmdirSync(old);
    } catch (_) {
        // Another purge removed it.
    }
}

function leads_nowhere(link) {
    try {
        fs.accessSync(link);
        return false;
    } catch (_) {
        return true;
    }
}

// Drops every stored page, because a list, a search or a related claim can show any claim. After a withdrawal or
// redaction it also drops the copies for an outage. The first purge makes the keys of both caches.
function purge(r) {
    const tags = (r.headersIn["Surrogate-Key"] || "").split(" ");
    if (r.method !== "POST" || !tags[0]) {
        r.return(400, "Send POST with the header Surrogate-Key.\n");
        return;
    }
    try {
        const copies = `${r.variables.factcheck_keys}/copies`;
        if (tags.includes("removed") || leads_nowhere(copies)) renew(copies);
        renew(`${r.variables.factcheck_keys}/pages`);
    } catch (error) {
        r.error(`The cache can't be purged: ${error}`);
        r.return(500, "The cache can't be purged. The log of nginx says why.\n");
        return;
    }
    r.return(204);
}

// The parts of the query that a page reads, as they came, with a question mark before them.
function known_query(r) {
    const parts = (r.variables.args || "").split("&").filter((part) => KNOWN.includes(part.split("=")[0]));
    return parts.length ? `?${parts.join("&")}` : "";
}

export default { purge, known_query };
