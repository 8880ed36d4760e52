-- Frees the seat of an attempt to join, or of a dead process.
local s = seat(args.id)
if not s or (args.attempt and get('attempt:' .. args.id) ~= args.attempt) or (args.dead and s.process ~= args.dead) then
  return reply('unknown')
end
local entry = remove(args.id, s, args.reason)
return reply(entry and { left = entry } or 'unknown')
