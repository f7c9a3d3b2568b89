package intake

import "strings"

// deviceProp is the event property that tells the class of device.
const deviceProp = "device"

// maxUserAgent is how much of a user agent is looked at, in bytes. Real ones have some hundred.
const maxUserAgent = 1024

// deviceMark says that a user agent with one of the words, and none of the others, is of a class. Words are lower-case.
type deviceMark struct {
	class string
	any   []string
	none  []string
}

// deviceMarks are looked through in order; the first that fits counts. Programs come first because they imitate
// browsers, and the apps that pages and mini programs run in before the devices that these run on.
var deviceMarks = []deviceMark{
	{"bot", []string{"bot/", "bot;", "bot ", "bot-", "googlebot", "bingbot", "spider", "crawler", "slurp", "headlesschrome", "phantomjs", "lighthouse",
		"facebookexternalhit", "bingpreview", "curl/", "wget/", "python-", "python/", "scrapy", "go-http-client", "apache-httpclient", "java/",
		"postmanruntime", "node-fetch", "axios/"}, []string{"cubot"}},
	{"miniprogram", []string{"miniprogram"}, nil},
	{"wecom", []string{"wxwork/"}, nil},
	{"unknown", []string{"smart-tv", "smarttv", "smart tv", "googletv", "appletv", "hbbtv", "android tv", "crkey"}, nil},
	{"tablet", []string{"ipad", "tablet", "kindle", "playbook", "matepad", "mi pad", "xiaomipad"}, []string{"tablet pc"}},
	{"mobile", []string{"iphone", "ipod", "windows phone", "mobile", "openharmony; phone"}, nil},
	{"tablet", []string{"android"}, nil}, // Android's browsers say Mobile on telephones
	{"desktop", []string{"windows nt", "macintosh", "x11;", "cros ", "windowswechat", "macwechat"}, nil},
}

// deviceOf tells what kind of device a user agent is of: mobile, tablet, desktop, bot, wecom, miniprogram, unknown.
func deviceOf(userAgent string) string {
	text := strings.ToLower(userAgent[:min(len(userAgent), maxUserAgent)])
	has := func(words []string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	for i := range deviceMarks {
		if m := &deviceMarks[i]; has(m.any) && !has(m.none) {
			return m.class
		}
	}
	return "unknown"
}
