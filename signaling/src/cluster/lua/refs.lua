-- References to rooms: each process holds an expiring reference to each of its rooms. The number of rooms is the number
-- of reference counts.
local counts, refs = KEYS[1], KEYS[2]
local operation, process, max, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
if operation == 'time' then return time end
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function release(ref)
  if redis.call('ZREM', refs, ref) == 1 then
    local room = string.match(ref, '^%S+ (.*)$')
    if redis.call('HINCRBY', counts, room, -1) <= 0 then redis.call('HDEL', counts, room) end
  end
end
for _, ref in ipairs(redis.call('ZRANGEBYSCORE', refs, '-inf', now, 'LIMIT', 0, 100)) do release(ref) end
for i = 5, #ARGV do
  local ref = process .. ' ' .. ARGV[i]
  if operation == 'close' then
    release(ref)
  else
    if operation == 'open' and redis.call('HEXISTS', counts, ARGV[i]) == 0 and redis.call('HLEN', counts) >= max then
      return 0
    end
    if redis.call('ZADD', refs, now + ttl, ref) == 1 then redis.call('HINCRBY', counts, ARGV[i], 1) end
  end
end
return 1
