-- Posts the same form over and over, for a client chosen at random with a fixed seed; answers must be successes.
-- Orders come in the environment; the figures go to standard output as one line of JSON.
local clients = {}
for number in os.getenv("BENCH_CLIENTS"):gmatch("%d+") do clients[#clients + 1] = number end
local form = os.getenv("BENCH_FORM")
local threads = {}
errors = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  math.randomseed(20261120)
  wrk.method = "POST"
  wrk.path = "/includes/api.php"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function request()
  return wrk.format(nil, nil, nil, form .. "&clientid=" .. clients[math.random(#clients)])
end

function response(status, headers, body)
  if not body:find('"result":"success"', 1, true) then errors = errors + 1 end
end

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("errors") end
  io.write(string.format(
    '\n{"requests": %d, "errors": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "p999_ms": %f}\n',
    summary.requests, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
