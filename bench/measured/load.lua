-- Asks what the arguments say in turns, each a path with the name and the value of a header; tells the figures as JSON.
local requests, turn = {}, 0

function init(args)
   for at = 1, #args, 3 do
      requests[#requests + 1] = wrk.format("GET", args[at], { [args[at + 1]] = args[at + 2] })
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "duration": %d, "p50": %d, "p90": %d, "p99": %d, "max": %d, '
      .. '"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
      latency.max, e.connect, e.read, e.write, e.status, e.timeout))
end
