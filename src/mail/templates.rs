//! What the mails say, in both languages: nobody has to guess which one a recipient reads.

use super::Mail;
use crate::domain::Locale;

/// Pictures and styles from elsewhere are left out of the page on purpose: mail programs block them,
/// and a mail that carries a secret should load nothing.
const PAGE: &str = include_str!("code.html");

/// The mail that carries a sign-in code; the reader's own language comes first.
pub fn code_mail(to: &str, code: &str, lifetime_seconds: u32, locale: Locale) -> Mail {
    let subject = locale.pick("海报登录验证码 {code}", "{code} is your Haibao sign-in code").replace("{code}", code);
    let [first, second] = match locale {
        Locale::Zh => [ZH, EN],
        Locale::En => [EN, ZH],
    };
    let fill = |text: &str| text.replace("{code}", code).replace("{seconds}", &lifetime_seconds.to_string());
    let text = |words: Words| {
        format!("{}\n\n    {code}\n\n{}\n{}\n", words.lead, fill(words.once).replace('\n', " "), words.otherwise)
    };
    let html = [("1", first), ("2", second)].into_iter().fold(PAGE.to_owned(), |page, (number, words)| {
        page.replace(&format!("{{language{number}}}"), words.language)
            .replace(&format!("{{lead{number}}}"), words.lead)
            .replace(&format!("{{once{number}}}"), &fill(words.once).replace('\n', "<br>"))
            .replace(&format!("{{otherwise{number}}}"), words.otherwise)
    });
    Mail {
        to: to.to_owned(),
        subject,
        text: format!("{}\n--------\n\n{}\n海报 Haibao\n", text(first), text(second)),
        html: fill(&html),
    }
}

/// The sentences of one language; what stands in braces is filled in.
#[derive(Clone, Copy)]
struct Words {
    language: &'static str,
    lead: &'static str,
    once: &'static str,
    otherwise: &'static str,
}

const ZH: Words = Words {
    language: "zh-CN",
    lead: "您的登录验证码是：",
    once: "{seconds} 秒内有效，只能使用一次。\n请勿告诉任何人，我们不会向您索要验证码。",
    otherwise: "如果不是您本人操作，请忽略这封邮件。",
};

const EN: Words = Words {
    language: "en",
    lead: "Your sign-in code is:",
    once: "It works once, within {seconds} seconds.\nKeep it to yourself: we never ask for it.",
    otherwise: "If you did not try to sign in, ignore this mail.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_there_and_the_readers_comes_first() {
        let zh = code_mail("li@example.com", "042817", 60, Locale::Zh);
        let en = code_mail("li@example.com", "042817", 60, Locale::En);
        assert!(zh.text.starts_with("您的") && zh.text.contains("Your sign-in code"));
        assert!(en.text.starts_with("Your") && en.text.contains("您的登录验证码"));
        let place = |mail: &Mail, words: &str| mail.html.find(words).expect("both languages stand on the page");
        assert!(place(&zh, ZH.lead) < place(&zh, EN.lead) && place(&en, EN.lead) < place(&en, ZH.lead));
        for mail in [zh, en] {
            assert!(mail.subject.contains("042817") && !mail.subject.contains('\n'));
            assert_eq!(mail.text.matches("042817").count(), 2);
            assert_eq!(mail.html.matches("042817").count(), 1, "the page shows the code once, large");
            assert!(mail.text.contains("60") && mail.html.contains("60"));
            for text in [&mail.text, &mail.html] {
                assert!(!text.contains(['{', '}']), "everything is filled in: {text}");
                assert!(!text.contains("http"), "nothing is loaded, nothing is to be clicked: {text}");
            }
        }
    }
}
