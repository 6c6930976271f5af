// Every word that people read, in each language. A key that one of them lacks fails the test of this page.
export const words = {
  en: {
    language: "中文", services: "Services", ready: "ready", revision: "revision",
    rate: "requests/s", median: "p50 ms", tail: "p99 ms", failed: "failed",
    none: "No service yet. Train a model, then:", lost: "The server does not answer; trying again.",
    tryIt: "Try", clear: "Clear", upload: "Upload", more: "Other samples", samples: "Its samples",
    told: "revision {revision} answered in {ms} ms", label: "its label: {label}", draw: "Draw here, upload a picture, or pick a sample.",
    pad: "Drawing area", refused: "The service says: {message}", metrics: "Metrics", now: "now", earlier: "2 min ago",
    noPicture: "{name} is no picture that this browser can read.", silent: "The service does not answer.",
  },
  zh: {
    language: "English", services: "服务", ready: "就绪", revision: "版本",
    rate: "请求/秒", median: "p50 毫秒", tail: "p99 毫秒", failed: "失败",
    none: "还没有服务。先训练一个模型，然后：", lost: "服务器没有响应，正在重试。",
    tryIt: "试用", clear: "清除", upload: "上传", more: "换一批样本", samples: "数据集样本",
    told: "版本 {revision} 用时 {ms} 毫秒", label: "标签：{label}", draw: "在此绘制、上传图片或选择样本。",
    pad: "绘图区", refused: "服务返回：{message}", metrics: "指标", now: "现在", earlier: "2 分钟前",
    noPicture: "浏览器无法将 {name} 作为图片读取。", silent: "服务没有响应。",
  },
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
const listeners = [];

export function say(key, values = {}) {
  return words[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem("language", language);
  apply();
}

export function apply() {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  document.getElementById("language").textContent = say("language");
  for (const listener of listeners) listener();
}
