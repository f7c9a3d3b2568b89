package intake

import (
	"math"
	"strconv"
	"strings"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

// personalNumber gives the digits of a number that may be somebody's: a mobile of the mainland, or as long as the number
// of an identity card (15 or 18 digits) or a bank card (16 to 19).
func personalNumber(v wire.Value) (digits string, personal bool) {
	if digits = wholeDigits(v); digits == "" {
		return "", false
	}
	return digits, mobileDigits(digits) || len(digits) >= 15 && len(digits) <= 19 && !strings.ContainsAny(v.Text, "eE")
}

// mobileNumber is personalNumber for mobiles alone.
func mobileNumber(v wire.Value) (digits string, mobile bool) {
	digits = wholeDigits(v)
	return digits, mobileDigits(digits)
}

func mobileDigits(digits string) bool {
	return isMobile(digits) || len(digits) == 13 && strings.HasPrefix(digits, "86") && isMobile(digits[2:])
}

// wholeDigits gives the digits of a positive whole number, however it is written; "" for every other value.
func wholeDigits(v wire.Value) string {
	if v.Kind != wire.IntValue && v.Kind != wire.FloatValue {
		return ""
	}
	if allDigits(v.Text) {
		return v.Text
	}
	if v.Kind == wire.FloatValue && v.Float > 0 && v.Float < 1<<53 && v.Float == math.Trunc(v.Float) {
		return strconv.FormatFloat(v.Float, 'f', 0, 64)
	}
	return ""
}

// phoneWords are what a property that holds a telephone number has in its name.
var phoneWords = []string{"phone", "mobile", "tel", "手机", "电话"}

func phoneProp(name string) bool {
	name = strings.ToLower(name)
	for _, word := range phoneWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// freshKinds remembers which kinds the tenant's own attributes get from the items of a batch, so that its items are read
// as if each came in a batch of its own: the first decides.
type freshKinds struct {
	declared func(entity, name string) (command.ValueKind, bool)
	made     map[attributeKey]command.ValueKind
	asked    bool // for a kind that was not there
}

type attributeKey struct{ entity, name string }

func (k *freshKinds) of(entity, name string) (command.ValueKind, bool) {
	if k.declared != nil {
		if kind, ok := k.declared(entity, name); ok {
			return kind, true
		}
	}
	kind, ok := k.made[attributeKey{entity, name}]
	k.asked = k.asked || !ok
	return kind, ok
}

// take notes the attributes of an item that is taken in.
func (k *freshKinds) take(entity string, values []command.Value) {
	if !k.asked {
		return
	}
	for i := range values {
		v := &values[i]
		if _, known := canonical[entity][v.Name]; known {
			continue
		}
		if _, known := k.of(entity, v.Name); !known {
			if k.made == nil {
				k.made = make(map[attributeKey]command.ValueKind)
			}
			k.made[attributeKey{entity, v.Name}] = v.Kind
		}
	}
	k.asked = false
}
