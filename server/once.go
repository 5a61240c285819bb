package server

// onceWindow is how far behind the last question of a node another may come: many
// more than it asks at a time.
const onceWindow = 4096

// once tells the questions of a node that were met before, by their numbers: who
// may listen at the database cannot make a letter, but send one again.
type once struct {
	last uint64
	met  [onceWindow / 64]uint64 // bits of last and those before it
}

// first meets a number. What is too old to be known was met.
func (o *once) first(n uint64) bool {
	if n+onceWindow <= o.last {
		return false
	}
	if n >= o.last+onceWindow {
		o.met, o.last = [onceWindow / 64]uint64{}, n
	}
	for o.last < n {
		o.last++
		o.met[o.last%onceWindow/64] &^= 1 << (o.last % 64)
	}
	word, bit := &o.met[n%onceWindow/64], uint64(1)<<(n%64)
	before := *word&bit != 0
	*word |= bit
	return !before
}
