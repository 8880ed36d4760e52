-- Postpones the expiry of a room. Returns its epoch, its last entry, and the entries after a position.
redis.call('PEXPIRE', room, args.ttl_ms)
redis.call('PEXPIRE', log, args.ttl_ms)
local answer = reply({ epoch = get('epoch') or '', last = get('last') or '0-0' })
for _, entry in ipairs(redis.call('XRANGE', log, '(' .. args.after, '+', 'COUNT', 256)) do
  answer[#answer + 1] = entry[1] .. ' ' .. entry[2][2]
end
return answer
