package apidef

import (
	"strings"
	"time"
)

// Quota is how many calls a key has in a DAY, WEEK or MONTH; the first period
// has Offset fewer.
type Quota struct {
	Limit, Offset int
	Period        string
}

// Periods of a quota.
const (
	Day   = "DAY"
	Week  = "WEEK"
	Month = "MONTH"
)

// At gives begin and end of the period that a time is in: days, weeks from Sunday
// and months, all of UTC.
func (q *Quota) At(t time.Time) (begin, end time.Time) {
	y, m, d := t.UTC().Date()
	switch q.Period {
	case Week:
		begin = time.Date(y, m, d-int(t.UTC().Weekday()), 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 0, 7)
	case Month:
		begin = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 1, 0)
	}
	begin = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return begin, begin.AddDate(0, 0, 1)
}

// Counter names what is counted of a key in the period that begins then.
func (q *Quota) Counter(plan, key string, begin time.Time) string {
	return plan + "/" + key + "/" + q.Period + "/" + begin.Format(time.DateOnly)
}

// UsedCounter names what a Counter has counted on a day, whatever its period.
func UsedCounter(counter string, day time.Time) string {
	for range 2 {
		counter = counter[:strings.LastIndexByte(counter, '/')]
	}
	return counter + "/USED/" + day.UTC().Format(time.DateOnly)
}
