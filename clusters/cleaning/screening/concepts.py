"""The words of attacks by what they mean, so that many wordings of one thing are one thing."""

from __future__ import annotations

from clusters.cleaning.screening.deeds import DEEDS
from clusters.cleaning.screening.manners import MANNERS
from clusters.cleaning.screening.things import THINGS

CONCEPTS: dict[str, str] = {**DEEDS, **THINGS, **MANNERS}

# Of languages that set no spaces between words, or bend them inside: looked for as it is.
SPELT: dict[str, tuple[str, ...]] = {
    "remove": ("删除", "刪除", "削除", "삭제", "احذف", "हटा", "消して"),
    "disable": ("禁用", "关闭", "無効", "비활성화", "عطل"),
    "ignore": ("忽略", "无视", "無視", "무시", "تجاهل", "अनदेखा"),
    "tests": ("测试", "測試", "テスト", "테스트", "الاختبارات", "टेस्ट"),
    "guard": ("كلمة المرور", "权限检查", "检查", "密码检查", "认证检查", "認証チェック", "パスワードの確認", "권한 검사", "التحقق من", "身份验证"),
    "agent": ("ai助手", "助手", "アシスタント", "도우미", "المساعد", "人工智能", "智能体", "エージェント"),
    "approved": ("已经批准", "已批准", "承認済み", "승인", "وافق"),
    "unasked": ("不需要测试", "不需要审核", "レビューなし", "검토 없이", "直接推送", "直接合并", "直接マージ", "바로 푸시", "بدون مراجعة"),
    "conceal": ("不要在报告", "不要提", "報告には書かない", "언급하지", "لا تذكر", "言わないで"),
    "ship": ("合并", "推送", "マージ", "プッシュ", "푸시", "发布"),
    "secret": ("环境变量", "環境変数", "密钥", "パスワード", "환경 변수", "متغيرات البيئة"),
    "tell": ("发送", "写到", "贴到", "貼り付け", "送信", "보내", "أرسل"),
    "out": ("合并请求", "プルリクエスト", "评论", "コメント", "댓글"),
    "empowered": ("没有任何限制", "制限のない", "제한 없는", "без ограничений", "بدون قيود"),
    "you": ("你", "あなた", "당신", "أنت"),
    "feature": ("功能", "选项", "機能", "オプション", "기능", "옵션", "خيار"),
    "wrong": ("无法", "不能", "错误", "失败", "不起作用", "できません", "エラー", "動きません", "않습니다", "오류", "لا يعمل", "تختفي"),
}  # fmt: skip
