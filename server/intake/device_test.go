package intake

import (
	"strings"
	"testing"
)

func TestDevices(t *testing.T) {
	for ua, want := range map[string]string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":                                                                   "mobile",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                                                                                     "mobile",
		"Mozilla/5.0 (Linux; Android 12; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36":                                                                                   "mobile",
		"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile":                                                                          "mobile",
		"Mozilla/5.0 (Linux; Android 13; V2307A Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20231202 MicroMessenger/8.0.47.2560": "mobile",
		"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1":                                                                            "tablet",
		"Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                                                                                            "tablet",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":                                                                             "desktop",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                                                                                     "desktop",
		"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                                                                                                    "desktop",
		"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)":                                                                                                                       "bot",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":       "bot",
		"python-requests/2.32.3": "bot",
		"curl/8.8.0":             "bot",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.22 MicroMessenger/7.0.1 Language/zh ColorScheme/Light":                                          "wecom",
		"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 Safari/537.36 Language/zh ColorScheme/Light wxwork/4.1.22 (MicroMessenger/6.2) WindowsWechat":                          "wecom",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN miniProgram/wx1234567890abcdef":              "miniprogram",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF XWEB/9129": "miniprogram",
		"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36":                                                                                                      "unknown",
		"RollcallSDK/1.0":                         "unknown",
		strings.Repeat("x", 5000) + "iphone":      "unknown",
		"Mozilla/5.0 (Windows Phone 10.0; Lumia)": "mobile",
	} {
		if got := deviceOf(ua); got != want {
			t.Errorf("%.120s is %s, want %s", ua, got, want)
		}
	}
}

func TestDeviceAndOrgOfEvents(t *testing.T) {
	tenant := testTenant(t)
	for rest, want := range map[string]string{
		`"ua":"Mozilla/5.0 (iPhone) Mobile","payload":{"n":1}`: "n=int:1 device=text:mobile",
		`"ua":"curl/8","payload":{"device":"kiosk"}`:           "device=text:kiosk",
		`"payload":{}`:                                      "",
		`"org_id":"east","payload":{"n":1}`:                 "n=int:1 org_id=text:east",
		`"org_id":"east","payload":{"org_id":"west","n":1}`: "org_id=text:east n=int:1",
		`"payload":{"org_id":"west"}`:                       "org_id=text:west",
	} {
		events := decodeEvents(t, `{"event_id":"e","source":"WEB","type":"page.view","occurred_at":"2024-10-29T10:30:00Z","identifiers":{"cookie_id":"c"},`+rest+`}`)
		b := Events(tenant, testNow, events)
		if len(b.Commands) != 1 {
			t.Fatalf("%s is rejected: %+v", rest, b.results[0])
		}
		if got := values(t, tenant, b.Commands[0].Events[0].Props); got != want {
			t.Errorf("%s makes %q, want %q", rest, got, want)
		}
	}
}
