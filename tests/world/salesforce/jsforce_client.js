// What the tests ask of jsforce. The question and the answer are JSON.

const jsforce = require("jsforce");
const { StreamingExtension } = require("jsforce/lib/api/streaming");

const FIRST = 200;

async function signedIn({ url, key, secret, assertion }) {
  const oauth2 = { loginUrl: url, clientId: key, clientSecret: secret };
  const connection = new jsforce.Connection({ oauth2, version: "60.0" });
  const grant = assertion
    ? { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }
    : { grant_type: "client_credentials" };
  await connection.authorize(grant);
  return connection;
}

async function refusal(work) {
  try {
    await work();
  } catch (error) {
    return { code: error.errorCode ?? error.name, message: error.message };
  }
  return null;
}

const acts = {
  async signs_in(question) {
    const connection = await signedIn(question);
    const limits = await connection.limits();
    return { instance: connection.instanceUrl, limits, usage: connection.limitInfo.apiUsage };
  },

  async is_refused(question) {
    return refusal(() => signedIn(question));
  },

  async works({ accounts, ...question }) {
    const connection = await signedIn(question);
    const rows = Array.from({ length: accounts }, (_, number) => ({
      Name: `Client ${String(number).padStart(3, "0")}`,
      Industry: "paged",
    }));
    const made = [];
    for (let start = 0; start < rows.length; start += FIRST) {
      const some = rows.slice(start, start + FIRST);
      made.push(...(await connection.sobject("Account").create(some, { allOrNone: true })));
    }
    const soql = "SELECT Id, Name FROM Account WHERE Industry = 'paged' ORDER BY Name";
    const first = await connection.query(soql);
    const second = await connection.queryMore(first.nextRecordsUrl);
    const names = [...first.records, ...second.records].map((record) => record.Name);
    const changed = { Id: first.records[0].Id, Name: "Changed" };
    const updated = await connection.sobject("Account").update(changed);
    const read = await connection.sobject("Account").retrieve(changed.Id);
    return {
      made: made.every((row) => row.success),
      pages: [first.records.length, second.records.length, first.totalSize, second.done],
      names,
      updated: updated.success,
      read: read.Name,
    };
  },

  async fails_in_parts(question) {
    const connection = await signedIn(question);
    const rows = [{ Name: "Good" }, { Name: "Forbidden" }];
    const separate = await connection.sobject("Account").create(rows);
    const together = await connection.sobject("Account").create(rows, { allOrNone: true });
    return [separate, together].map((results) =>
      results.map((row) => (row.success ? "" : row.errors[0].statusCode)),
    );
  },

  async is_refused_a_write(question) {
    const connection = await signedIn(question);
    return refusal(() => connection.sobject("Account").create({ Name: "Forbidden" }));
  },

  async upserts({ external, ...question }) {
    const connection = await signedIn(question);
    const rows = [{ Name: "One", Tiebeam_Client__c: external }, { Name: "Two", Tiebeam_Client__c: "x" }];
    const one = await connection.sobject("Account").upsert(rows[0], "Tiebeam_Client__c");
    const again = await connection.sobject("Account").upsert(rows, "Tiebeam_Client__c");
    return [one.created, ...again.map((row) => row.created)];
  },

  async is_refused_a_query(question) {
    const connection = await signedIn(question);
    return refusal(() => connection.query("SELECT Id FROM Account"));
  },

  // Creates a row, and listens from the beginning until an event of that row has come.
  async hears({ channel, ...question }) {
    const connection = await signedIn(question);
    const client = connection.streaming.createClient([
      new StreamingExtension.Replay(channel, -2),
      new StreamingExtension.AuthFailure((message) => {
        throw new Error(message.error);
      }),
    ]);
    const before = await connection.sobject("Account").create({ Name: "Before" });
    const heard = [];
    const all = new Promise((resolve, reject) => {
      const wanted = new Set([before.id]);
      const subscription = client.subscribe(channel, (event) => {
        const header = event.payload.ChangeEventHeader;
        heard.push({ records: header.recordIds, type: header.changeType, origin: header.changeOrigin });
        header.recordIds.forEach((record) => wanted.delete(record));
        if (!wanted.size) resolve();
      });
      subscription.then(async () => {
        const live = await connection.sobject("Account").create({ Name: "Live" });
        if (!heard.some((each) => each.records.includes(live.id))) wanted.add(live.id);
      }, reject);
    });
    await all;
    await client.disconnect();
    return heard.slice(-2);
  },
};

const { act, ...question } = JSON.parse(process.argv[2]);
acts[act](question).then(
  (answer) => process.stdout.write(JSON.stringify(answer), () => process.exit(0)),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
