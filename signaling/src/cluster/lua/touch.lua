-- Postpones the expiry of a room. Returns its epoch and its last entry.
redis.call('PEXPIRE', room, ARGV[5])
redis.call('PEXPIRE', log, ARGV[5])
return { get('e') or '', get('l') or '' }
