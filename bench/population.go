package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"rollcall/client/wire"
)

// Population generates the customers of an invented call centre for finance products: companies, contacts with
// records from up to three sources, ninety days of calls, WeCom messages and page views, and manual tags. The same
// seed, size and clock give the same population, contact by contact.
type Population struct {
	Seed     uint64
	Contacts int
	Now      time.Time
}

// Contact is one generated contact: what each source says of it, what happened, and which manual tags it carries.
type Contact struct {
	Records []wire.Record
	Events  []wire.Event
	Tags    []string
}

type company struct {
	name, industry, city, province string
	value                          int
}

// weighted is a choice with a weight.
type weighted struct {
	text   string
	weight float64
}

var (
	surnames = []weighted{
		{"王", 7.2}, {"李", 7.1}, {"张", 6.8}, {"刘", 5.2}, {"陈", 4.5}, {"杨", 3.1}, {"黄", 2.2}, {"赵", 2.1}, {"吴", 2.0}, {"周", 1.9},
		{"徐", 1.7}, {"孙", 1.5}, {"马", 1.3}, {"朱", 1.3}, {"胡", 1.2}, {"郭", 1.2}, {"何", 1.1}, {"林", 1.1}, {"高", 1.0}, {"罗", 1.0},
		{"郑", .9}, {"梁", .9}, {"谢", .8}, {"宋", .7}, {"唐", .7}, {"许", .7}, {"邓", .6}, {"冯", .6}, {"韩", .6}, {"曹", .6},
		{"曾", .5}, {"彭", .5}, {"萧", .4}, {"蔡", .4}, {"潘", .4}, {"田", .4}, {"董", .4}, {"袁", .4}, {"于", .4}, {"欧阳", .1},
	}
	givenFirst = []rune("建国志伟俊文明海永立春秋雨晓佳思雅丽静婷芳雪梦子浩宇泽一嘉欣慧敏玉秀桂红")
	givenLast  = []rune("华强军平辉峰磊涛超勇杰鹏波斌宁飞龙刚林英兰琳颖倩娜洁莹怡萍燕玲娟霞云轩涵彤")
	places     = []struct {
		city, province string
		weight         float64
	}{
		{"上海", "上海", 14}, {"北京", "北京", 13}, {"深圳", "广东", 11}, {"广州", "广东", 9}, {"杭州", "浙江", 8}, {"成都", "四川", 6},
		{"南京", "江苏", 6}, {"苏州", "江苏", 6}, {"武汉", "湖北", 5}, {"重庆", "重庆", 5}, {"西安", "陕西", 4}, {"天津", "天津", 4},
		{"长沙", "湖南", 3}, {"青岛", "山东", 3}, {"厦门", "福建", 3},
	}
	trades = []struct {
		industry, word string
		weight         float64
	}{
		{"金融", "小额贷款", 6}, {"金融", "融资租赁", 6}, {"金融", "商业保理", 5}, {"金融", "资产管理", 5}, {"制造", "精密机械", 14},
		{"制造", "电子科技", 12}, {"软件", "信息技术", 13}, {"商贸", "供应链管理", 12}, {"商贸", "国际贸易", 10}, {"物流", "物流", 8},
		{"建筑", "建设工程", 9},
	}
	companyWords = []rune("华中金鼎信达恒泰瑞丰盛隆安远博宏嘉汇聚星海天科润德")
	titles       = []weighted{
		{"CFO", 3}, {"财务总监", 6}, {"财务经理", 16}, {"会计主管", 12}, {"总经理", 8}, {"董事长", 2}, {"CEO", 2}, {"采购经理", 10},
		{"出纳", 8}, {"行政主管", 8}, {"运营总监", 5}, {"业务经理", 14}, {"法务经理", 3}, {"IT经理", 3},
	}
	manualTags = []weighted{
		{"理财意向", .22}, {"贷款意向", .17}, {"保险意向", .12}, {"已实名", .64}, {"老客户", .31}, {"VIP客户", .04}, {"沉睡客户", .19},
		{"价格敏感", .26}, {"线上渠道", .35}, {"投诉过", .015}, {"转介绍", .06}, {"活动邀约", .09},
	}
	// hourAnswers is how likely a call is answered at each hour of the working day, relative to the best one.
	hourAnswers = map[int]float64{9: .7, 10: 1, 11: .95, 12: .35, 13: .4, 14: .75, 15: .9, 16: .85, 17: .7, 18: .5, 19: .55}
)

var shanghai = time.FixedZone("+08:00", 8*3600)

// rand gives the generator of one stream (what) of one thing (i), so that each can be made alone.
func (p Population) rand(what, i int) *rand.Rand {
	return rand.New(rand.NewPCG(p.Seed, uint64(what)<<56|uint64(i)))
}

func pick(r *rand.Rand, choices []weighted) string {
	total := 0.0
	for _, c := range choices {
		total += c.weight
	}
	at := r.Float64() * total
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			return c.text
		}
	}
	return choices[len(choices)-1].text
}

// Companies is the number of companies: one for some forty contacts, and never fewer than ten.
func (p Population) Companies() int { return max(10, p.Contacts/40) }

func (p Population) company(i int) company {
	r := p.rand(1, i)
	at, total := 0, 0.0
	for _, place := range places {
		total += place.weight
	}
	for w := r.Float64() * total; at < len(places)-1; at++ {
		if w -= places[at].weight; w < 0 {
			break
		}
	}
	place := places[at]
	trade := trades[r.IntN(len(trades))]
	n := len(companyWords)
	brand := []rune{companyWords[i%n], companyWords[(i%n+1+i/n%(n-1))%n]} // two different words
	if i >= n*(n-1) {
		brand = append(brand, companyWords[i/(n*(n-1))%n])
	}
	name := place.city + string(brand) + trade.word + "有限公司"
	value := int(math.Exp(r.NormFloat64()*1.1+11)/100) * 100
	return company{name: name, industry: trade.industry, city: place.city, province: place.province, value: value}
}

// Account returns the record of company i from the CRM.
func (p Population) Account(i int) wire.Record {
	c := p.company(i)
	r := p.rand(2, i)
	stage := pick(r, []weighted{{"线索", 60}, {"商机", 28}, {"成交", 12}})
	return wire.Record{
		Source: "CRM", SourceID: "acc-" + strconv.Itoa(i), Kind: "account",
		UpdatedAt:   p.Now.Add(-time.Duration(r.IntN(400*24)) * time.Hour).In(shanghai).Format(time.RFC3339),
		Identifiers: wire.Identifiers{"credit_code": creditCode(i)},
		Attributes: wire.MustObject(map[string]any{
			"name": c.name, "industry": c.industry, "city": c.city, "annual_value": c.value, "stage": stage,
			"size": pick(r, []weighted{{"1-50", 40}, {"51-200", 35}, {"201-1000", 18}, {"1000+", 7}}),
		}),
	}
}

// creditCode makes a unified social credit code with its two check digits (GB 32100-2015, GB 11714) for company i.
func creditCode(i int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("%08d", i%100000000)
	sum := 0
	for k, weight := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(body[k]-'0') * weight
	}
	check := "0123456789X0"[11-sum%11]
	code := "91310100" + body + string(check)
	sum, weight := 0, 1
	for k := range len(code) {
		for v := range len(alphabet) {
			if alphabet[v] == code[k] {
				sum += v * weight
			}
		}
		weight = weight * 3 % 31
	}
	return code + string(alphabet[(31-sum%31)%31])
}

// mobile gives every contact a number of its own: the multiplication walks through all numbers without a repeat.
func mobile(i int) string {
	prefixes := []string{"135", "136", "137", "138", "139", "150", "158", "159", "177", "186", "188", "189"}
	n := uint64(i)*2654435761 + 12345
	return prefixes[i%len(prefixes)] + fmt.Sprintf("%08d", n%100000000)
}

// Contact makes contact i (0 ≤ i < Contacts).
func (p Population) Contact(i int) Contact {
	r := p.rand(3, i)
	job := p.company(int(math.Pow(r.Float64(), 1.6) * float64(p.Companies())))
	given := string(givenLast[r.IntN(len(givenLast))])
	if r.Float64() < .75 {
		given = string(givenFirst[r.IntN(len(givenFirst))]) + given
	}
	name := pick(r, surnames) + given
	number := mobile(i)
	created := p.Now.Add(-time.Duration(r.IntN(700*24*60)) * time.Minute)
	updated := p.Now.Add(-time.Duration(1+r.IntN(90*24*60)) * time.Minute)
	if updated.Before(created) {
		updated = created
	}
	stamp := updated.In(shanghai).Format(time.RFC3339)
	warmth := r.Float64() // how well the contact takes to us: moves intent, answers and WeCom together
	intent := pick(r, []weighted{{"高", 4 + 20*warmth*warmth}, {"中", 30}, {"低", 70 - 40*warmth}})
	friend := r.Float64() < .15+.6*warmth

	attributes := map[string]any{
		"name": name, "company": job.name, "job_title": pick(r, titles), "city": job.city, "province": job.province,
		"gender": pick(r, []weighted{{"男", 52}, {"女", 48}}), "intent": intent, "source": "CALLCENTER",
		"created_at": created.In(shanghai).Format(time.RFC3339), "value": int(math.Exp(r.NormFloat64()+8.5)/10) * 10,
		"owner": "坐席" + strconv.Itoa(100+i%60),
	}
	status := "未添加"
	if friend {
		status = "已添加"
	}
	attributes["wecom_status"] = status
	contact := Contact{Records: []wire.Record{{
		Source: "CALLCENTER", SourceID: "cc-" + strconv.Itoa(i), Kind: "contact", UpdatedAt: stamp,
		Identifiers: wire.Identifiers{"mobile": number}, Attributes: wire.MustObject(attributes),
	}}}
	if friend {
		contact.Records = append(contact.Records, wire.Record{
			Source: "WECOM", SourceID: "wx-" + strconv.Itoa(i), Kind: "contact", UpdatedAt: stamp,
			Identifiers: wire.Identifiers{"mobile": "+86 " + number[:3] + " " + number[3:7] + " " + number[7:], "wecom_unionid": fmt.Sprintf("o6_bmjr%020d", i)},
			Attributes:  wire.MustObject(map[string]any{"name": name}),
		})
	}
	if r.Float64() < .3 {
		contact.Records = append(contact.Records, wire.Record{
			Source: "CRM", SourceID: "crm-" + strconv.Itoa(i), Kind: "contact", UpdatedAt: stamp,
			Identifiers: wire.Identifiers{"mobile": number, "email": "user" + strconv.Itoa(i) + "@example.cn"},
			Attributes:  wire.MustObject(map[string]any{"name": name, "company": job.name}),
		})
	}
	for _, tag := range manualTags {
		if r.Float64() < tag.weight {
			contact.Tags = append(contact.Tags, tag.text)
		}
	}
	contact.Events = p.events(i, number, warmth, friend, intent)
	return contact
}

// events makes ninety days of one contact's history, oldest first within each kind.
func (p Population) events(i int, number string, warmth float64, friend bool, intent string) []wire.Event {
	r := p.rand(4, i)
	identifiers := wire.Identifiers{"mobile": number}
	var events []wire.Event
	add := func(kind, source string, at time.Time, payload map[string]any) {
		events = append(events, wire.Event{
			EventID: fmt.Sprintf("%s-%d-%d", source[:2], i, len(events)), Source: source, Type: kind,
			OccurredAt: at.In(shanghai).Format(time.RFC3339), Identifiers: identifiers, Payload: wire.MustObject(payload),
		})
	}
	for range 1 + int(r.ExpFloat64()*3.5) {
		at := p.workingTime(r)
		answered := r.Float64() < (.2+.75*warmth)*hourAnswers[at.Hour()]
		payload := map[string]any{
			"call_id": fmt.Sprintf("%x", r.Uint64()), "answered": answered, "ring_seconds": 3 + r.IntN(27), "talk_seconds": 0,
			"agent_id": "a" + strconv.Itoa(100+r.IntN(60)), "disposition": pick(r, []weighted{{"no_answer", 60}, {"busy", 20}, {"rejected", 15}, {"power_off", 5}}),
		}
		if answered {
			payload["talk_seconds"] = min(3600, 8+int(math.Exp(r.NormFloat64()*.9+4.4+.8*warmth)))
			payload["disposition"], payload["intent"] = "connected", intent
		}
		kind := "call.outbound.ended"
		if r.Float64() < .08 {
			kind = "call.inbound.ended"
		}
		add(kind, "CALLCENTER", at, payload)
	}
	if friend {
		add("wecom.contact.added", "WECOM", p.workingTime(r), map[string]any{"channel": "qrcode"})
		for range int(r.ExpFloat64() * 4 * warmth) {
			kind := "wecom.message.received"
			if r.Float64() < .5 {
				kind = "wecom.message.sent"
			}
			add(kind, "WECOM", p.workingTime(r), map[string]any{"channel": "single"})
		}
	}
	for range int(r.ExpFloat64() * 1.2) {
		add("page.view", "WEB", p.workingTime(r), map[string]any{"product": pick(r, []weighted{{"企业贷", 40}, {"票据", 25}, {"理财", 25}, {"保险", 10}})})
	}
	return events
}

// workingTime is an instant of the ninety days before now, in the hours in which a call centre works. Recent days
// are somewhat likelier.
func (p Population) workingTime(r *rand.Rand) time.Time {
	now := p.Now.In(shanghai)
	day := now.AddDate(0, 0, -int(math.Pow(r.Float64(), 1.3)*90))
	at := time.Date(day.Year(), day.Month(), day.Day(), 9+r.IntN(11), r.IntN(60), r.IntN(60), 0, shanghai)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}
