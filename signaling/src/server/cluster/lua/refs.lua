-- How many rooms there are: each process that has a room holds a reference to it, which expires.
local counts, held = KEYS[1], KEYS[2]
local what, proc, max, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
if what == 'time' then return time end
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function release(ref)
  if redis.call('ZREM', held, ref) == 1 then
    local room = string.match(ref, '^%S+ (.*)$')
    if redis.call('HINCRBY', counts, room, -1) <= 0 then redis.call('HDEL', counts, room) end
  end
end
for _, ref in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, 100)) do release(ref) end
for i = 5, #ARGV do
  local ref = proc .. ' ' .. ARGV[i]
  if what == 'close' then
    release(ref)
  else
    if what == 'open' and redis.call('HEXISTS', counts, ARGV[i]) == 0 and redis.call('HLEN', counts) >= max then
      return 0
    end
    if redis.call('ZADD', held, now + ttl, ref) == 1 then redis.call('HINCRBY', counts, ARGV[i], 1) end
  end
end
return 1
