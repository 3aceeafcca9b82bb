//! What the mails say, in both languages: nobody has to guess which one a recipient reads.

use super::Mail;
use crate::domain::Locale;

/// The mail that carries a sign-in code; the reader's own language comes first.
pub fn code_mail(to: &str, code: &str, lifetime_seconds: u32, locale: Locale) -> Mail {
    let subject = locale.pick("海报登录验证码 {code}", "{code} is your Haibao sign-in code").replace("{code}", code);
    let zh = format!(
        "您的登录验证码是：\n\n    {code}\n\n{lifetime_seconds} 秒内有效，只能使用一次。\
         请勿告诉任何人，我们不会向您索要验证码。\n如果不是您本人操作，请忽略这封邮件。\n"
    );
    let en = format!(
        "Your sign-in code is:\n\n    {code}\n\nIt works once, within {lifetime_seconds} seconds. \
         Keep it to yourself: we never ask for it.\nIf you did not try to sign in, ignore this mail.\n"
    );
    let (first, second) = match locale {
        Locale::Zh => (zh, en),
        Locale::En => (en, zh),
    };
    Mail { to: to.to_owned(), subject, text: format!("{first}\n--------\n\n{second}\n海报 Haibao\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_there_and_the_readers_comes_first() {
        let zh = code_mail("li@example.com", "042817", 60, Locale::Zh);
        let en = code_mail("li@example.com", "042817", 60, Locale::En);
        assert!(zh.text.starts_with("您的") && zh.text.contains("Your sign-in code"));
        assert!(en.text.starts_with("Your") && en.text.contains("您的登录验证码"));
        for mail in [zh, en] {
            assert!(mail.subject.contains("042817") && !mail.subject.contains('\n'));
            assert_eq!(mail.text.matches("042817").count(), 2);
        }
    }
}
