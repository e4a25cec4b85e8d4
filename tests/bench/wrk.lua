-- Closed loop: posts the bodies of a file, one per line, in their order; over and over, or each once.
-- Orders come in the environment; the figures go to standard output as one line of JSON.
-- wrk corrects the percentiles itself, as `corrected` in tests/bench/measure.py explains.
-- Requests are made before the start, so that wrk takes little of the processors that it shares.
local ffi = require("ffi")
ffi.cdef[[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *now);
  int kill(int pid, int signal);
  int getpid(void);
]]
local MONOTONIC, SIGINT = 1, 2
local SUCCESS = '"result":"success"'

local requests, following, deadline, tried, stopping = {}, 0, 0, false, false
local filler
local once = os.getenv("BENCH_ONCE") == "1"
local instant = ffi.new("bench_time")
local threads = {}
answered, refused, started, ended = 0, 0, 0, 0

local function clock()
  ffi.C.clock_gettime(MONOTONIC, instant)
  return tonumber(instant.seconds) + tonumber(instant.nanoseconds) * 1e-9
end

-- wrk itself knows whole seconds only, and no end but time: the signal is its own way of stopping early.
local function stop()
  if stopping then return end
  stopping = true
  ended = clock()
  wrk.thread:stop()
  ffi.C.kill(ffi.C.getpid(), SIGINT)
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  wrk.method = "POST"
  wrk.path = "/includes/api.php"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  filler = wrk.format("GET", "/healthz")
  for body in io.lines(os.getenv("BENCH_BODIES")) do
    requests[#requests + 1] = wrk.format(nil, nil, nil, body)
  end
end

function request()
  if not tried then -- wrk asks once before the start, and does not send it
    tried = true
    return filler
  end
  if started == 0 then
    started = clock()
    deadline = started + tonumber(os.getenv("BENCH_SECONDS"))
  end
  following = following + 1
  if following > #requests then
    if once then
      stop()
      return filler -- it may still be sent
    end
    following = 1
  end
  return requests[following]
end

function response(status, headers, body)
  if stopping then return end
  if body:find(SUCCESS, 1, true) then answered = answered + 1 else refused = refused + 1 end
  if clock() >= deadline then stop() end
end

function done(summary, latency, _)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local thread = threads[1]
  local seconds = thread:get("ended") - thread:get("started")
  if thread:get("ended") == 0 then seconds = summary.duration / 1e6 end
  io.write(string.format(
    '\n{"answered": %d, "refused": %d, "errors": %d, "seconds": %f,'
      .. ' "p50_ms": %f, "p99_ms": %f, "p999_ms": %f}\n',
    thread:get("answered"), thread:get("refused"), errors, seconds,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
