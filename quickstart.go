package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
)

// quickStartNow is the clock of the Quick Start scenario: its events lie in October 2024, and 近7天 counts from here.
const quickStartNow = "2024-10-30T10:00:00+08:00"

// ruleTags are the tags of the mission's second phase. The rules hold for everyone at every moment.
var ruleTags = []struct{ name, entity, rule, description string }{
	{"高接通率", "contact", "rate(call.outbound.ended where answered = true, last 30) > 0.7", "近30次外呼接通率>70%"},
	{"通话时长长", "contact", "avg(call.*.talk_seconds where answered = true, last 30) > 300", "平均通话>5分钟"},
	{"高意向客户", "contact", "intent = '高'", "意向度=高"},
	{"近7天活跃", "contact", "interactions_7d >= 1", "近7天有互动"},
	{"已添加企微", "contact", "wecom_status = '已添加'", "企微状态=已添加"},
	{"金融行业", "account", "industry = '金融'", "金融行业"},
	{"高价值客户", "account", "annual_value > 100000", "预估年度价值>10万"},
}

// loadQuickStart writes the scenario of the mission's Quick Start: two people of one company, one of them known to two
// sources, three tags, three interactions.
func loadQuickStart(ctx context.Context, c *client.Client) error {
	for _, tag := range ruleTags {
		if _, err := c.PutTag(ctx, tag.name, wire.PutTagRequest{Entity: tag.entity, Kind: "rule", Rule: wire.Expression(tag.rule), Description: tag.description}); err != nil {
			return fmt.Errorf("tag %s: %w", tag.name, err)
		}
	}
	record := func(source, id, cdpID, mobile, name, title string) wire.Record {
		return wire.Record{
			Source: source, SourceID: id, Kind: "contact", UpdatedAt: "2024-10-28T09:00:00+08:00",
			Identifiers: wire.Identifiers{"mobile": mobile, "cdp_id": cdpID},
			Attributes:  wire.MustObject(map[string]any{"name": name, "company": "XX金融公司", "job_title": title}),
		}
	}
	answer, err := c.PutRecords(ctx, []wire.Record{
		{
			Source: "CRM", SourceID: "XX", Kind: "account", UpdatedAt: "2024-10-01T09:00:00+08:00",
			Attributes: wire.MustObject(map[string]any{"name": "XX金融公司", "industry": "金融", "annual_value": 180000, "stage": "商机"}),
		},
		record("CALLCENTER", "qs-1", "CDP_001", "13800138001", "张三", "CFO"),
		record("WEWORK", "qs-1", "CDP_001", "13800138001", "张三", "CFO"),
		record("CALLCENTER", "qs-2", "CDP_002", "13800138002", "李四", "财务经理"),
	})
	if err != nil {
		return err
	}
	for i, result := range answer.Results {
		if result.Status != wire.StatusOK {
			return fmt.Errorf("record %d was rejected: %s %s", i, result.Code, result.Detail)
		}
	}
	zhang, li := answer.Results[1].OneID, answer.Results[3].OneID
	for _, tag := range []struct {
		name, id string
	}{{"高意向", zhang}, {"CXO级别", zhang}, {"中意向", li}} {
		if _, err := c.PutTag(ctx, tag.name, wire.PutTagRequest{Kind: "manual"}); err != nil {
			return fmt.Errorf("tag %s: %w", tag.name, err)
		}
		if _, err := c.ChangeTagMembers(ctx, tag.name, wire.TagMembersRequest{Add: []string{tag.id}}); err != nil {
			return fmt.Errorf("members of %s: %w", tag.name, err)
		}
	}
	event := func(id, source, kind, at string, payload map[string]any) wire.Event {
		return wire.Event{EventID: id, Source: source, Type: kind, OccurredAt: at, Identifiers: wire.Identifiers{"mobile": "13800138001"}, Payload: wire.MustObject(payload)}
	}
	events, err := c.PutEvents(ctx, []wire.Event{
		event("E001", "CALLCENTER", "call.outbound.ended", "2024-10-29T10:30:00+08:00", map[string]any{"call_id": "E001", "answered": true, "talk_seconds": 900, "note": "外呼接通,通话15分钟"}),
		event("E002", "WEWORK", "wecom.message.received", "2024-10-29T14:20:00+08:00", map[string]any{"note": "企微咨询产品价格"}),
		event("E003", "CALLCENTER", "call.outbound.ended", "2024-10-28T16:00:00+08:00", map[string]any{"call_id": "E003", "answered": true, "talk_seconds": 420, "note": "外呼接通,预约下周拜访"}),
	})
	if err != nil {
		return err
	}
	for i, result := range events.Results {
		if result.Status == wire.StatusRejected {
			return fmt.Errorf("event %d was rejected: %s %s", i, result.Code, result.Detail)
		}
	}
	return nil
}

// printQuickStart prints the 360 view of CDP_001 as the mission shows it.
func printQuickStart(ctx context.Context, c *client.Client, out io.Writer) error {
	view, err := c.Contact(ctx, "CDP_001", client.View{Now: quickStartNow})
	if err != nil {
		return err
	}
	timeline, err := c.ContactEvents(ctx, "CDP_001", 10, "")
	if err != nil {
		return err
	}
	last, err := localTime(view.LastInteractionAt, "2006-01-02 15:04:05")
	if err != nil {
		return err
	}
	var sources, tags []string
	for _, s := range view.Sources {
		if s.Kind == "contact" {
			sources = append(sources, s.Name)
		}
	}
	for _, name := range []string{"高接通率", "高意向", "CXO级别"} {
		if view.Tags[name] != nil {
			tags = append(tags, name)
		}
	}
	fmt.Fprintf(out, "CDP_001的360视图:\n├─ 基本信息: %s | %s | %s | %s\n", view.Attributes["name"], view.Attributes["job_title"],
		view.Attributes["company"], strings.Join(view.Identifiers["mobile"], " "))
	joined := ""
	if len(sources) > 1 {
		joined = " (已打通)"
	}
	fmt.Fprintf(out, "├─ 数据来源: %s%s\n├─ 标签: %s\n├─ 近7天互动: %d次\n", strings.Join(sources, "、"), joined, strings.Join(tags, "、"), view.Interactions7d)
	fmt.Fprintf(out, "├─ 最近互动: %s (%s)\n└─ 互动明细:\n", last, channelOf(timeline.Events[0].Type))
	for _, day := range byDay(timeline.Events) {
		for _, e := range day {
			payload, err := e.Payload.Map()
			if err != nil {
				return err
			}
			at, err := localTime(e.OccurredAt, "2006-01-02 15:04")
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "   • %s %v\n", at, payload["note"])
		}
	}
	return nil
}

// byDay puts the newest day first and, as the mission's picture has it, the events of one day in their order.
func byDay(newestFirst []wire.TimelineEvent) (days [][]wire.TimelineEvent) {
	for _, e := range newestFirst {
		if n := len(days); n > 0 && days[n-1][0].OccurredAt[:10] == e.OccurredAt[:10] {
			days[n-1] = append([]wire.TimelineEvent{e}, days[n-1]...)
		} else {
			days = append(days, []wire.TimelineEvent{e})
		}
	}
	return days
}

func channelOf(eventType string) string {
	switch domain, _, _ := strings.Cut(eventType, "."); domain {
	case "wecom":
		return "企微咨询"
	case "call":
		return "通话"
	default:
		return eventType
	}
}

func localTime(text, layout string) (string, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", err
	}
	return t.In(time.FixedZone("+08:00", 8*3600)).Format(layout), nil
}
