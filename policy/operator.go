package policy

import "strings"

// comparison is how an operator reads its values.
type comparison uint8

const (
	compareText comparison = iota
	compareFold
	compareGlob
	compareNumber
	compareDate
	compareBool
	compareBinary
	compareIP
	compareARN
	compareNull
)

// order is a set of outcomes of comparing the request's value to the policy's.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

type operator struct {
	compare comparison
	order   order // numbers and dates only
	negated bool
}

// operators is the table of the IAM User Guide, "IAM JSON policy elements:
// Condition operators".
var operators = map[string]operator{
	"StringEquals":              {compare: compareText},
	"StringNotEquals":           {compare: compareText, negated: true},
	"StringEqualsIgnoreCase":    {compare: compareFold},
	"StringNotEqualsIgnoreCase": {compare: compareFold, negated: true},
	"StringLike":                {compare: compareGlob},
	"StringNotLike":             {compare: compareGlob, negated: true},
	"NumericEquals":             {compare: compareNumber, order: equal},
	"NumericNotEquals":          {compare: compareNumber, order: equal, negated: true},
	"NumericLessThan":           {compare: compareNumber, order: less},
	"NumericLessThanEquals":     {compare: compareNumber, order: less | equal},
	"NumericGreaterThan":        {compare: compareNumber, order: greater},
	"NumericGreaterThanEquals":  {compare: compareNumber, order: greater | equal},
	"DateEquals":                {compare: compareDate, order: equal},
	"DateNotEquals":             {compare: compareDate, order: equal, negated: true},
	"DateLessThan":              {compare: compareDate, order: less},
	"DateLessThanEquals":        {compare: compareDate, order: less | equal},
	"DateGreaterThan":           {compare: compareDate, order: greater},
	"DateGreaterThanEquals":     {compare: compareDate, order: greater | equal},
	"Bool":                      {compare: compareBool},
	"BinaryEquals":              {compare: compareBinary},
	"IpAddress":                 {compare: compareIP},
	"NotIpAddress":              {compare: compareIP, negated: true},
	"ArnEquals":                 {compare: compareARN},
	"ArnLike":                   {compare: compareARN},
	"ArnNotEquals":              {compare: compareARN, negated: true},
	"ArnNotLike":                {compare: compareARN, negated: true},
	"Null":                      {compare: compareNull},
}

// quantifier says how several values of one key count together.
type quantifier uint8

const (
	noQuantifier quantifier = iota
	forAnyValue
	forAllValues
)

// condition is one key of one operator: all conditions of a statement must hold.
type condition struct {
	name       string // the operator as written
	keyName    string // the key as written
	op         operator
	quantifier quantifier
	ifExists   bool
	key        contextKey
	values     []value
}

// parseOperator splits set prefix and IfExists off; ok is false for a name IAM
// does not know. Null takes neither: absence is all it asks about.
func parseOperator(name string) (c condition, ok bool) {
	c.name = name
	base := name
	if rest, found := strings.CutPrefix(base, "ForAnyValue:"); found {
		base, c.quantifier = rest, forAnyValue
	} else if rest, found := strings.CutPrefix(base, "ForAllValues:"); found {
		base, c.quantifier = rest, forAllValues
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	c.op, ok = operators[base]
	if c.op.compare == compareNull && (c.ifExists || c.quantifier != noQuantifier) {
		return c, false
	}
	return c, ok
}
