//! The elements of the page, found once.

use browser_rtc::{Error, EventStream, Listener, Result};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlTemplateElement, Window};

use super::{
    Lab,
    bench::{Bench, find, missing},
    highlight, texts,
};

/// The state of the open lab.
pub enum Outcome {
    Ready,
    Running,
    Finished,
    Stopped,
    Failed(Error),
}

/// The elements of the page.
pub struct Page {
    window: Window,
    document: Document,
    body: HtmlElement,
    title: HtmlElement,
    sentence: Element,
    flows: Element,
    form: HtmlFormElement,
    run: HtmlButtonElement,
    state: Element,
    failure: HtmlElement,
    stage: Element,
    results: Element,
    source: Element,
    source_name: Element,
    copy: HtmlButtonElement,
}

impl Page {
    pub fn find(window: &Window) -> Result<Self> {
        let document = window.document().ok_or_else(|| missing("document"))?;
        Ok(Self {
            window: window.clone(),
            body: document.body().ok_or_else(|| missing("body"))?,
            title: get(&document, "title")?,
            sentence: get(&document, "sentence")?,
            flows: get(&document, "flows")?,
            form: get(&document, "controls")?,
            run: get(&document, "run")?,
            state: get(&document, "state")?,
            failure: get(&document, "failure")?,
            stage: get(&document, "stage")?,
            results: get(&document, "results")?,
            source: get(&document, "source")?,
            source_name: get(&document, "source-name")?,
            copy: get(&document, "copy")?,
            document,
        })
    }

    pub fn show_index(&self) {
        self.set_view("index");
        self.mark_current("");
        self.document.set_title(texts::TITLE);
        self.window.scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Shows a lab: its title from the list of labs, its controls and its source.
    pub fn open(&self, lab: &Lab) -> Result<()> {
        let link = format!("#list a[href=\"#{}\"]", lab.name);
        let link = find(&self.body, &link).ok_or_else(|| missing(&link))?;
        for (element, selector) in
            [(&*self.title, ".lab-title"), (&self.sentence, ".lab-sentence"), (&self.flows, ".lab-flows")]
        {
            element.set_text_content(find(&link, selector).and_then(|part| part.text_content()).as_deref());
        }
        self.document.set_title(&texts::title(&self.title.text_content().unwrap_or_default()));
        self.mark_current(lab.name);
        self.form.set_text_content(None);
        self.stage.set_text_content(None);
        self.results.set_text_content(None);
        let copy = self.template(lab)?;
        if let Some(controls) = find(&copy, ".controls") {
            append(&self.form, &controls);
        }
        self.show_source(lab);
        self.set_view("lab");
        self.window.scroll_to_with_x_and_y(0.0, 0.0);
        self.title.focus().map_err(|error| Error::from_js("focus", error))
    }

    /// Prepares the page for a start of the lab: fresh elements, and no results.
    pub fn bench(&self, lab: &Lab) -> Result<Bench> {
        self.results.set_text_content(None);
        self.stage.set_text_content(None);
        if let Some(stage) = find(&self.template(lab)?, ".stage") {
            append(&self.stage, &stage);
        }
        let (document, form) = (self.document.clone(), self.form.clone());
        Ok(Bench { document, form, stage: self.stage.clone(), results: self.results.clone() })
    }

    pub fn show_outcome(&self, outcome: &Outcome) {
        let (name, sentence) = match outcome {
            Outcome::Ready => ("ready", texts::READY),
            Outcome::Running => ("running", texts::RUNNING),
            Outcome::Finished => ("finished", texts::FINISHED),
            Outcome::Stopped => ("stopped", texts::STOPPED),
            Outcome::Failed(_) => ("failed", texts::FAILED),
        };
        set_attribute(&self.body, "data-state", name);
        self.state.set_text_content(Some(sentence));
        let is_running = matches!(outcome, Outcome::Running);
        if let Some(actions) = find(&self.form, "fieldset") {
            let _ = actions.toggle_attribute_with_force("disabled", !is_running); // fails for a malformed name only
        }
        self.run.set_text_content(Some(if is_running { texts::STOP } else { texts::START }));
        let failure = if let Outcome::Failed(error) = outcome { Some(error) } else { None };
        self.failure.set_hidden(failure.is_none());
        self.failure.set_text_content(failure.map(ToString::to_string).as_deref());
        set_attribute(&self.failure, "data-kind", failure.map_or("", |error| error.kind().name()));
    }

    pub fn clicks(&self) -> EventStream<()> {
        EventStream::listen(&self.run, "click", |_| Some(()))
    }

    /// Submissions of the controls, which the browser itself does not send.
    pub fn submits(&self) -> EventStream<()> {
        EventStream::listen(&self.form, "submit", |event| {
            event.prevent_default();
            Some(())
        })
    }

    /// Copies the source at each click on its button.
    pub fn copies_source(&self) -> Listener {
        let (window, source, state) = (self.window.clone(), self.source.clone(), self.state.clone());
        Listener::new(&self.copy, "click", move |_| {
            let copied = window.navigator().clipboard().write_text(&source.text_content().unwrap_or_default());
            let state = state.clone();
            spawn_local(async move {
                let sentence = JsFuture::from(copied).await.map_or(texts::NOT_COPIED, |_| texts::COPIED);
                state.set_text_content(Some(sentence));
            });
        })
    }

    fn show_source(&self, lab: &Lab) {
        self.source_name.set_text_content(Some(&texts::source_size(lab.name, lab.source)));
        self.source.set_text_content(None);
        for (class, piece) in highlight::pieces(lab.source) {
            if let Ok(span) = self.document.create_element("span") {
                span.set_class_name(class.name());
                span.set_text_content(Some(piece));
                append(&self.source, &span);
            }
        }
    }

    /// Returns a copy of the template of the lab.
    fn template(&self, lab: &Lab) -> Result<Element> {
        let id = format!("lab-{}", lab.name);
        let content = get::<HtmlTemplateElement>(&self.document, &id)?.content().first_element_child();
        let copy = content.and_then(|content| content.clone_node_with_deep(true).ok());
        copy.and_then(|copy| copy.dyn_into().ok()).ok_or_else(|| missing(&id))
    }

    fn mark_current(&self, name: &str) {
        if let Some(previous) = find(&self.body, "#list [aria-current]") {
            let _ = previous.remove_attribute("aria-current"); // never fails
        }
        if let Some(current) = find(&self.body, &format!("#list a[href=\"#{name}\"]")) {
            set_attribute(&current, "aria-current", "page");
        }
    }

    fn set_view(&self, view: &str) {
        set_attribute(&self.body, "data-view", view);
    }
}

fn get<T: JsCast>(document: &Document, id: &str) -> Result<T> {
    let element = document.get_element_by_id(id).and_then(|element| element.dyn_into().ok());
    element.ok_or_else(|| missing(&format!("#{id}")))
}

fn set_attribute(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value); // fails for a malformed name only
}

fn append(parent: &Element, child: &Element) {
    let _ = parent.append_child(child); // fails for a cycle only
}
