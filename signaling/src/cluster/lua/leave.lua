-- Frees the seat of an attempt to join, or of a dead process.
local id, attempt, dead, reason, secret = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
if id == '' then id = get('t:' .. secret) or '' end
local s = seat(id)
-- A seat that another process registered after the data was lost still belongs to this process.
local own = s and (s.attempt == attempt or (s.attempt == '-' and s.process == process))
if not s or (attempt ~= '' and not own) or (dead ~= '' and s.process ~= dead) then return { 'none' } end
local prev, entry = remove(id, s, reason)
if not prev then return { 'gone' } end
return { 'left', prev, entry, id }
