// Runs the GraphQL-over-HTTP audits against the server at the given URL; prints one JSON list.
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
const outcomes = [];
for (const audit of serverAudits({ url })) {
  const { id, name, status, reason } = await audit.fn();
  outcomes.push({ id, name, status, reason });
}
console.log(JSON.stringify(outcomes));
