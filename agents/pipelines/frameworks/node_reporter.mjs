// Writes one line of JSON for each test that ended: its file, the names that lead to it, how it went.
// The platform puts this file into the sandbox before every run of tests.
const LONGEST = 4000;

function words(error) {
  const cause = error?.cause ?? error;
  return String(cause?.stack ?? cause?.message ?? cause ?? "").slice(0, LONGEST);
}

function outcome(type, data) {
  if ((data.skip !== undefined && data.skip !== false) || (data.todo !== undefined && data.todo !== false)) {
    return "skipped";
  }
  return type === "test:pass" ? "passed" : "failed";
}

// A suite is no test: it only counts when it broke by itself.
function isSuite(type, data) {
  const failure = data.details?.error?.failureType;
  return data.details?.type === "suite" && (type === "test:pass" || failure === "subtestsFailed");
}

export default async function* reporter(source) {
  const open = new Map();
  for await (const { type, data } of source) {
    const names = open.get(data?.file) ?? [];
    if (type === "test:start") {
      open.set(data.file, [...names.slice(0, data.nesting), data.name]);
    } else if ((type === "test:pass" || type === "test:fail") && !isSuite(type, data)) {
      yield JSON.stringify({
        file: data.file ?? "",
        names: [...names.slice(0, data.nesting), data.name],
        outcome: outcome(type, data),
        ms: data.details?.duration_ms ?? 0,
        message: type === "test:fail" ? words(data.details?.error) : "",
      }) + "\n";
    }
  }
}
